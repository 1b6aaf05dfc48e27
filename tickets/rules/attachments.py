"""Judging an uploaded file by its content, and making images safe to show."""

import io
import re
import threading
from dataclasses import dataclass

import filetype
from PIL import Image, ImageOps

from core.errors import InvalidInput
from core.text import clean_text
from tickets.rules.jpeg import bare_picture

MOST_PIXELS = 50_000_000
# A file of 50 kB can unpack to 200 MB: a process unpacks one at a time, however many are sent.
_UNPACKING = threading.Lock()
_IMAGES = {
    "image/png": "PNG", "image/apng": "PNG", "image/gif": "PNG", "image/jpeg": "JPEG",
    "image/webp": "WEBP",
}  # fmt: skip
_SAVED_AS = {
    "PNG": ("image/png", "png"),
    "JPEG": ("image/jpeg", "jpg"),
    "WEBP": ("image/webp", "webp"),
}
_KEPT = {
    "application/pdf", "application/zip", "application/gzip", "video/mp4", "video/webm",
    "video/quicktime", "video/x-matroska",
}  # fmt: skip
_UNSAFE_IN_NAME = re.compile(r'[\\/:*?"<>|\x00-\x1f\x7f\u202a-\u202e\u2066-\u2069]')


@dataclass(frozen=True)
class PreparedFile:
    """A file that may be stored: its safe name, its judged type and the bytes to keep."""

    name: str
    content_type: str
    data: bytes
    is_image: bool


def prepare_file(name: str, data: bytes, *, most_bytes: int) -> PreparedFile:
    """Judge a file by its content and make it safe.

    Images are re-encoded, which drops EXIF and everything hidden behind the picture; of an
    animation the first frame stays. Of a plain JPEG the same is cut off, and its pixels stay. Text
    of any sort is kept as plain text. Raises InvalidInput for an empty, too large, broken or
    unsupported file.
    """
    safe = _safe_name(name)
    if not data:
        raise InvalidInput(f"{safe} is empty.", field="attachments")
    if len(data) > most_bytes:
        raise InvalidInput(
            f"{safe} is larger than {most_bytes // (1024 * 1024)} MB.", field="attachments"
        )
    judged = filetype.guess_mime(data) or ""
    if judged in _IMAGES:
        return _image(safe, data, _IMAGES[judged])
    if judged in _KEPT:
        return PreparedFile(safe, judged, data, is_image=False)
    if not judged and _is_text(data):
        return PreparedFile(safe, "text/plain", data, is_image=False)
    raise InvalidInput(
        f"{safe} is of a kind we do not take. Send images, videos, PDF, text or a ZIP.",
        field="attachments",
    )


def _image(name: str, data: bytes, form: str) -> PreparedFile:
    content_type, ending = _SAVED_AS[form]
    stem = name.rsplit(".", 1)[0] or "image"
    out = io.BytesIO()
    try:
        with _UNPACKING, Image.open(io.BytesIO(data)) as opened:
            if opened.width * opened.height > MOST_PIXELS:
                raise InvalidInput(f"{name} has too many pixels.", field="attachments")
            if form == "JPEG" and (bare := bare_picture(data)):
                # Encoded anew it would only get worse.
                return PreparedFile(f"{stem}.{ending}", content_type, bare, is_image=True)
            opened.load()  # what stands behind the pixels must be read before it is dropped
            ImageOps.exif_transpose(opened, in_place=True)
            picture = _plain(opened, form)
            # Comments and profiles live here, and encoders write them out again unasked.
            picture.info.clear()
            picture.save(out, form, **({"quality": 88} if form == "JPEG" else {}))
    except InvalidInput:
        raise
    except Exception as error:  # a decoder may fail in any way over bytes made to break it
        raise InvalidInput(f"{name} is a broken image.", field="attachments") from error
    return PreparedFile(f"{stem}.{ending}", content_type, out.getvalue(), is_image=True)


def _plain(opened: Image.Image, form: str) -> Image.Image:
    """Give the picture in a mode that every browser shows, copied only if it needs another."""
    if opened.mode.startswith("I"):  # 16 bits of grey, which convert would only cut off
        return opened.convert("I").point(lambda shade: shade / 256).convert("L")
    if form == "JPEG":
        return opened if opened.mode in ("L", "RGB") else opened.convert("RGB")
    has_holes = "transparency" in opened.info
    if opened.mode in ("L", "RGB", "RGBA") and not has_holes:
        return opened
    return opened.convert("RGBA")


def _is_text(data: bytes) -> bool:
    if b"\x00" in data:
        return False
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _safe_name(name: str) -> str:
    short = _UNSAFE_IN_NAME.sub("_", clean_text(name)).strip(" .")
    if len(short) > 120:
        stem, dot, ending = short.rpartition(".")
        short = f"{stem[:100]}{dot}{ending[:12]}" if stem else short[:120]
    return short or "file"
