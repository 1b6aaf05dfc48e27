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


FORMS: list[dict[str, Any]] = [
    {}, {"progressive": True}, {"optimize": True}, {"restart_marker_blocks": 1}, {"quality": 100},
    {"subsampling": 0}, {"subsampling": 1}, {"progressive": True, "quality": 5},
]  # fmt: skip
WHOLE = [_jpeg(mode, size=(16, 16), **how) for mode in ("L", "RGB") for how in FORMS]
_CHANGES = st.lists(
    st.tuples(st.integers(0, 5000), st.integers(0, 255) | st.sampled_from([0, 1, 16, 255])),
    max_size=4,
)


@pytest.mark.filterwarnings("ignore")
@settings(max_examples=500, deadline=None)
@given(st.sampled_from(WHOLE), st.booleans(), _CHANGES, st.binary())
def test_bytes_of_any_sort_are_no_picture_or_one_that_can_be_decoded(
    whole: bytes, in_head: bool, changes: list[tuple[int, int]], tail: bytes
) -> None:
    data = bytearray(whole)
    length = data.index(b"\xff\xda") + 14 if in_head else len(data)
    for place, value in changes:
        data[place % length] = value
    assert bare_picture(tail) is None
    if bare := bare_picture(bytes(data) + tail):
        with Image.open(io.BytesIO(bare)) as picture:
            if picture.width * picture.height < 1_000_000:
                picture.load()
