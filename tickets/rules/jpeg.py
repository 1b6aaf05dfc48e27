"""What of a JPEG file is the picture itself (ITU-T T.81, annex B)."""

import re
import struct
from collections.abc import Callable

_BEGIN, _END = b"\xff\xd8", b"\xff\xd9"
_SCAN, _RESTARTS = 0xDA, 0xDD
_FRAMES = (0xC0, 0xC2)
_QUANTIZERS, _CODES = 0xDB, 0xC4
_JFIF = b"\xff\xe0\x00\x10JFIF\x00"
# Profiles and comments; Exif may turn the picture, and Adobe's segment say how its colors are kept.
_DROPPED = (0xFE, *(set(range(0xE0, 0xF0)) - {0xE1, 0xEE}))
_NEXT_MARKER = re.compile(rb"\xff+[^\x00\xff\xd0-\xd7]")


def bare_picture(data: bytes) -> bytes | None:
    """Give the file less all that is beside and behind its picture; the pixels stay as they are.

    None for any file that is put together in another way than cameras' and browsers' plain ones:
    such a picture is better made anew.
    """
    if data[:2] != _BEGIN:
        return None
    kept, place, has_scan = [_BEGIN], 2, False
    while True:
        if data[place : place + 2] == _END:
            return b"".join([*kept, _END]) if has_scan else None
        if data[place : place + 1] != b"\xff" or place + 4 > len(data):
            return None
        marker = data[place + 1]
        end = place + 2 + struct.unpack_from(">H", data, place + 2)[0]
        part = data[place + 4 : end]
        if end > len(data):
            return None
        if data[place : place + 9] == _JFIF:
            # The sizes of a thumbnail, of which there is none.
            kept.append(data[place : place + 16] + b"\x00\x00")
        elif marker not in _DROPPED:
            if not _is_sound(marker, part):
                return None
            kept.append(data[place:end])
        if marker == _SCAN:
            following = _NEXT_MARKER.search(data, end)
            if following is None:
                return None
            kept.append(data[end : following.start()])
            has_scan, end = True, following.end() - 2
        place = end


def _is_sound(marker: int, part: bytes) -> bool:
    """Tell whether a segment holds what it has to, and nothing else."""
    if marker == _QUANTIZERS:
        return _fills(part, lambda at: 129 if part[at] >> 4 else 65)
    if marker == _CODES:
        return _fills(part, lambda at: 17 + sum(part[at + 1 : at + 17]))
    if marker in _FRAMES:
        # Eight bits, in grey or three colors.
        return len(part) > 5 and part[0] == 8 and part[5] in (1, 3) and len(part) == 6 + 3 * part[5]
    if marker == _SCAN:
        return len(part) > 0 and len(part) == 4 + 2 * part[0]
    return marker == _RESTARTS and len(part) == 2


def _fills(part: bytes, size_at: Callable[[int], int]) -> bool:
    """Tell whether tables, each as long as it says at its first byte, fill a segment."""
    at = 0
    while at < len(part):
        at += size_at(at)
    return at == len(part) > 0
