"""What of a JPEG file is the picture itself (ITU-T T.81, annexes B, F and G)."""

import re
import struct
from dataclasses import dataclass, field

_BEGIN, _END = b"\xff\xd8", b"\xff\xd9"
_SCAN, _RESTARTS = 0xDA, 0xDD
_BASELINE, _PROGRESSIVE = 0xC0, 0xC2
_QUANTIZERS, _CODES = 0xDB, 0xC4
_JFIF = b"\xff\xe0\x00\x10JFIF\x00"
# Profiles and comments; Exif may turn the picture, and Adobe's segment say how its colors are kept.
_DROPPED = (0xFE, *(set(range(0xE0, 0xF0)) - {0xE1, 0xEE}))
_NEXT_MARKER = re.compile(rb"\xff[^\x00\xd0-\xd7]")
_MOST_SCANS = 100
_MOST_BLOCKS = 10  # in what is coded together (B.2.3)


def bare_picture(data: bytes) -> bytes | None:
    """Give the file less all that is beside and behind its picture; the pixels stay as they are.

    None for any file that is put together in another way than cameras' and browsers' plain ones, or
    that a decoder would refuse: such a picture is better made anew.
    """
    if data[:2] != _BEGIN:
        return None
    kept, place, described = [_BEGIN], 2, _Described()
    while True:
        if data[place : place + 2] == _END:
            return b"".join([*kept, _END]) if described.is_whole() else None
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
            if not described.takes(marker, part):
                return None
            kept.append(data[place:end])
        if marker == _SCAN:
            following = _NEXT_MARKER.search(data, end)
            if following is None:
                return None
            kept.append(data[end : following.start()])
            end = following.start()
        place = end


@dataclass
class _Described:
    """What the segments so far say of the picture: its frame, and the tables to decode it by."""

    progressive: bool = False
    quantizers: set[int] = field(default_factory=set)
    codes: set[int] = field(default_factory=set)  # for what is flat 0 to 3, for the rest 16 to 19
    # Of each component its quantizers, and how many of its blocks are coded together.
    components: dict[int, tuple[int, int]] = field(default_factory=dict)
    seen: set[int] = field(default_factory=set)
    scans: int = 0

    def takes(self, marker: int, part: bytes) -> bool:
        """Take a segment; False if it does not hold what it has to, or anything else."""
        if marker == _QUANTIZERS:
            return self._takes_quantizers(part)
        if marker == _CODES:
            return self._takes_codes(part)
        if marker in (_BASELINE, _PROGRESSIVE):
            return self._takes_frame(part, marker == _PROGRESSIVE)
        if marker == _SCAN:
            return self._takes_scan(part)
        return marker == _RESTARTS and len(part) == 2

    def is_whole(self) -> bool:
        """Tell whether something was coded of each component."""
        return bool(self.components) and self.seen == set(self.components)

    def _takes_quantizers(self, part: bytes) -> bool:
        at = 0
        while at < len(part):
            precision, table = divmod(part[at], 16)
            at += 129 if precision else 65
            if precision > 1 or table > 3:
                return False
            self.quantizers.add(table)
        return at == len(part) > 0

    def _takes_codes(self, part: bytes) -> bool:
        at = 0
        while at < len(part):
            lengths = part[at + 1 : at + 17]
            values = part[at + 17 : at + 17 + sum(lengths)]
            is_flat = part[at] < 16
            if part[at] % 16 > 3 or part[at] > 19 or not _can_be_told_apart(lengths):
                return False
            if is_flat and any(value > 15 for value in values):
                return False
            self.codes.add(part[at])
            at += 17 + sum(lengths)
        return at == len(part) > 0

    def _takes_frame(self, part: bytes, progressive: bool) -> bool:
        """Take the one frame: eight bits, in grey or three colors."""
        if self.components or len(part) < 6 or len(part) != 6 + 3 * part[5]:
            return False
        precision, height, width, count = struct.unpack_from(">BHHB", part)
        for name, factors, table in struct.iter_unpack("BBB", part[6:]):
            across, down = divmod(factors, 16)
            if not (0 < across < 5 and 0 < down < 5 and table < 4):
                return False
            self.components[name] = table, across * down
        self.progressive = progressive
        fits = precision == 8 and height > 0 and width > 0
        return fits and count in (1, 3) and len(self.components) == count

    def _takes_scan(self, part: bytes) -> bool:
        """Take the head of a scan, if all that it is coded by is there."""
        self.scans += 1
        if not part or len(part) != 4 + 2 * part[0] or self.scans > _MOST_SCANS:
            return False
        first, last, steps = part[-3:]
        named = dict(struct.iter_unpack("BB", part[1:-3]))
        if not named or len(named) != part[0] or not named.keys() <= self.components.keys():
            return False
        if len(named) > 1 and sum(self.components[each][1] for each in named) > _MOST_BLOCKS:
            return False
        if not self._is_band(first, last, steps, len(named)):
            return False
        for name, tables in named.items():
            flat, rest = divmod(tables, 16)
            needs = {flat} if first == 0 and steps < 16 else set()
            needs |= {16 + rest} if last else set()
            if not needs <= self.codes or self.components[name][0] not in self.quantizers:
                return False
        self.seen |= named.keys()
        return True

    def _is_band(self, first: int, last: int, steps: int, together: int) -> bool:
        """Tell whether a scan may refine these coefficients in these steps (G.1.1.1)."""
        if not self.progressive:
            return (first, last, steps) == (0, 63, 0)
        before, now = divmod(steps, 16)
        fine = now <= 13 and before in (0, now + 1)
        return fine and (last == 0 if first == 0 else first <= last < 64 and together == 1)


def _can_be_told_apart(lengths: bytes) -> bool:
    """Tell whether there are so many codes of each length, none of them all ones (C.2, F.1.2.1)."""
    code = 0
    for place, count in enumerate(lengths):
        code = (code << 1) + count
        if code >= 2 << place and count:
            return False
    return len(lengths) == 16 and sum(lengths) <= 256
