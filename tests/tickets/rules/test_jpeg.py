"""What is kept of a JPEG: its picture, and nothing that hides beside or behind it."""

import io
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from tickets.rules.attachments import prepare_file
from tickets.rules.jpeg import bare_picture

HIDDEN = b"<script>hidden()</script>"


def _jpeg(mode: str = "RGB", size: tuple[int, int] = (40, 30), **how: Any) -> bytes:
    out = io.BytesIO()
    Image.effect_noise(size, 60).convert(mode).save(out, "JPEG", **how)
    return out.getvalue()


def _pixels(data: bytes) -> bytes:
    return Image.open(io.BytesIO(data)).tobytes()


@pytest.mark.parametrize("mode", ["L", "RGB"])
@pytest.mark.parametrize(
    "how", [{}, {"progressive": True}, {"optimize": True}, {"restart_marker_blocks": 1},
            {"icc_profile": HIDDEN}, {"comment": HIDDEN}],
)  # fmt: skip
def test_the_picture_stays_as_it_is_and_all_else_goes(mode: str, how: dict[str, Any]) -> None:
    data = _jpeg(mode, **how)
    bare = bare_picture(data + HIDDEN)
    assert bare and HIDDEN not in bare and len(bare) <= len(data)
    assert _pixels(bare) == _pixels(data)
    assert bare_picture(bare) == bare
    assert prepare_file("a.jpg", data + HIDDEN, most_bytes=10**7).data == bare


def test_what_could_turn_or_color_it_otherwise_is_made_anew() -> None:
    turned = Image.Exif()
    turned[0x0112] = 6
    assert bare_picture(_jpeg(exif=turned)) is None
    assert Image.open(
        io.BytesIO(prepare_file("a.jpg", _jpeg(exif=turned), most_bytes=10**7).data)
    ).size == (30, 40)
    assert bare_picture(_jpeg("CMYK")) is None


def test_a_thumbnail_goes_too() -> None:
    data = _jpeg()
    place = data.index(b"JFIF")
    head = data[: place - 2] + (16 + 3).to_bytes(2, "big") + data[place : place + 12]
    with_thumbnail = head + b"\x01\x01" + b"ABC" + data[place + 14 :]
    bare = bare_picture(with_thumbnail)
    assert bare and b"ABC" not in bare[:30] and _pixels(bare) == _pixels(data)


def test_junk_within_a_table_is_no_plain_picture() -> None:
    data = _jpeg()
    place = data.index(b"\xff\xdb")
    length = int.from_bytes(data[place + 2 : place + 4], "big")
    longer = (length + len(HIDDEN)).to_bytes(2, "big")
    end = place + 2 + length
    stuffed = data[: place + 2] + longer + data[place + 4 : end] + HIDDEN + data[end:]
    assert bare_picture(stuffed) is None


def test_a_picture_cut_short_is_none() -> None:
    data = _jpeg(size=(16, 16))
    for keep in range(len(data)):
        assert bare_picture(data[:keep]) is None, keep


@settings(max_examples=300, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 5000), st.integers(0, 255)), max_size=8), st.binary())
def test_bytes_of_any_sort_are_read_to_their_end(
    changes: list[tuple[int, int]], tail: bytes
) -> None:
    data = bytearray(WHOLE)
    for place, value in changes:
        data[place % len(data)] = value
    bare = bare_picture(bytes(data) + tail)
    assert bare is None or (bare.startswith(b"\xff\xd8") and bare.endswith(b"\xff\xd9"))
    assert bare_picture(tail) is None or tail.startswith(b"\xff\xd8")


WHOLE = _jpeg(size=(16, 16))
