from datetime import datetime
from typing import BinaryIO, cast

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage


def write_file(path: str, data: bytes) -> None:
    """Write a file at a path nobody else uses (disk, or S3 by setting)."""
    default_storage.save(path, ContentFile(data))


def mend_file(path: str, data: bytes) -> None:
    """Write a file again unless it is whole: whoever wrote it first may have been stopped.

    Two may mend at once; what the storage put beside the path, since the other was faster, goes.
    """
    if default_storage.exists(path):
        if default_storage.size(path) == len(data):
            return
        default_storage.delete(path)
    written = default_storage.save(path, ContentFile(data))
    if written != path:
        default_storage.delete(written)


def open_file(path: str) -> BinaryIO:
    """Open a stored file for reading."""
    return cast(BinaryIO, default_storage.open(path))


def delete_file(path: str) -> None:
    """Delete a stored file; a missing one is no error."""
    default_storage.delete(path)


def path_for(token: str, *, now: datetime) -> str:
    """Give the path of a new file: by month, under a random name that tells nothing."""
    return f"attachments/{now:%Y/%m}/{token}"
