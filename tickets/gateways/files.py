from datetime import datetime
from typing import BinaryIO, cast

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage


def write_file(path: str, data: bytes) -> None:
    """Write a file at a path of its own (disk, or S3 by setting).

    A retry may mend it at the same time: what the storage put beside the path, since the other was
    faster, goes.
    """
    written = default_storage.save(path, ContentFile(data))
    if written != path:
        default_storage.delete(written)


def mend_file(path: str, data: bytes, *, size: int) -> None:
    """Write a file again unless it has its size: whoever wrote it first may have been stopped.

    The size is told apart from the bytes: an image is not encoded the same by every release.
    """
    if default_storage.exists(path):
        if default_storage.size(path) == size:
            return
        default_storage.delete(path)
    write_file(path, data)


def open_file(path: str) -> BinaryIO:
    """Open a stored file for reading."""
    return cast(BinaryIO, default_storage.open(path))


def delete_file(path: str) -> None:
    """Delete a stored file; a missing one is no error."""
    default_storage.delete(path)


def path_for(token: str, *, now: datetime) -> str:
    """Give the path of a new file: by month, under a random name that tells nothing."""
    return f"attachments/{now:%Y/%m}/{token}"
