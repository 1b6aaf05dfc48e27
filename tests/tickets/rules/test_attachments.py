import io
import struct
import time
import zlib
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image, PngImagePlugin

from core.errors import InvalidInput
from tickets.rules import attachments
from tickets.rules.attachments import PreparedFile, prepare_file

MB = 1024 * 1024
SECRET = b"SECRET-PLACE-48.2082N"


def prepare(data: bytes, name: str = "shot.png") -> PreparedFile:
    return prepare_file(name, data, most_bytes=10 * MB)


def image(
    form: str = "PNG", mode: str = "RGB", size: tuple[int, int] = (40, 30), **how: Any
) -> bytes:
    out = io.BytesIO()
    Image.new(mode, size).save(out, form, **how)
    return out.getvalue()


def opened(prepared: PreparedFile) -> Image.Image:
    picture = Image.open(io.BytesIO(prepared.data))
    picture.load()
    return picture


def _exif() -> Image.Exif:
    exif = Image.Exif()
    exif[0x010E] = SECRET.decode()
    exif[0x0112] = 6
    gps = exif.get_ifd(0x8825)
    gps[1], gps[2] = "N", (48.0, 12.0, 29.5)
    exif[0x9286] = SECRET.decode()
    return exif


@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP"])
def test_exif_with_its_place_is_gone_and_the_picture_stands_upright(form: str) -> None:
    raw = image(form, exif=_exif())
    assert SECRET in raw
    prepared = prepare(raw)
    assert SECRET not in prepared.data
    picture = opened(prepared)
    assert not picture.getexif() and not picture.getexif().get_ifd(0x8825)
    assert picture.size == (30, 40)


@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP", "GIF"])
def test_nothing_hidden_beside_the_picture_survives(form: str) -> None:
    how: dict[str, Any] = {}
    if form == "JPEG":
        how = {"comment": SECRET, "icc_profile": SECRET * 10, "xmp": SECRET}
    elif form == "PNG":
        info = PngImagePlugin.PngInfo()
        info.add_text("Comment", SECRET.decode())
        info.add_itxt("XML:com.adobe.xmp", SECRET.decode())
        how = {"pnginfo": info, "icc_profile": SECRET * 10}
    elif form == "WEBP":
        how = {"icc_profile": SECRET * 10, "xmp": SECRET, "lossless": True}
    elif form == "GIF":
        how = {"comment": SECRET}
    raw = image(form, **how) + b"trailer" + SECRET
    prepared = prepare(raw)
    assert SECRET not in prepared.data
    assert not any(SECRET in zlib_part for zlib_part in _inflated(prepared.data))


def _inflated(png: bytes) -> list[bytes]:
    """Give the unpacked contents of a PNG's chunks (a profile or text may be compressed)."""
    parts, at = [], 8
    while png.startswith(b"\x89PNG") and at + 8 <= len(png):
        (length,) = struct.unpack(">I", png[at : at + 4])
        body = png[at + 8 : at + 8 + length]
        if png[at + 4 : at + 8] != b"IDAT" and b"\x00\x00" in body:
            try:
                parts.append(zlib.decompress(body.split(b"\x00\x00", 1)[1]))
            except zlib.error:
                parts.append(body)
        at += 12 + length
    return parts


@pytest.mark.parametrize(
    ("form", "mode"),
    [
        ("PNG", "1"), ("PNG", "L"), ("PNG", "LA"), ("PNG", "P"), ("PNG", "RGB"), ("PNG", "RGBA"),
        ("PNG", "I;16"), ("JPEG", "L"), ("JPEG", "RGB"), ("JPEG", "CMYK"), ("WEBP", "RGB"),
        ("WEBP", "RGBA"), ("GIF", "P"), ("GIF", "L"),
    ],
)  # fmt: skip
def test_every_sort_of_picture_is_taken(form: str, mode: str) -> None:
    prepared = prepare(image(form, mode))
    assert prepared.is_image
    assert opened(prepared).size == (40, 30)


def test_a_deep_grey_picture_keeps_its_shades() -> None:
    grey = Image.new("I;16", (2, 1))
    grey.putpixel((0, 0), 0)
    grey.putpixel((1, 0), 32768)
    out = io.BytesIO()
    grey.save(out, "PNG")
    shades = opened(prepare(out.getvalue())).convert("L")
    dark, middle = shades.tobytes()
    assert dark == 0 and 120 <= middle <= 135


def test_transparency_stays_and_a_jpeg_stays_a_jpeg() -> None:
    out = io.BytesIO()
    Image.new("RGBA", (4, 4), (255, 0, 0, 0)).save(out, "PNG")
    assert opened(prepare(out.getvalue())).tobytes()[3] == 0
    prepared = prepare(image("JPEG"), "Screen.Shot.JPEG")
    assert (prepared.content_type, prepared.name) == ("image/jpeg", "Screen.Shot.jpg")


@pytest.mark.parametrize("form", ["GIF", "WEBP", "PNG"])
def test_of_an_animation_the_first_frame_stays(form: str) -> None:
    frames = [Image.new("RGB", (8, 8), color) for color in ("red", "green", "blue")]
    out = io.BytesIO()
    frames[0].save(out, form, save_all=True, append_images=frames[1:])
    picture = opened(prepare(out.getvalue()))
    assert getattr(picture, "n_frames", 1) == 1
    red, green, blue = picture.convert("RGB").tobytes()[:3]
    assert red > 200 and green < 60 and blue < 60


def test_a_decompression_bomb_is_refused_before_it_is_unpacked() -> None:
    def chunk(kind: bytes, body: bytes) -> bytes:
        crc = zlib.crc32(kind + body)
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", crc)

    for width, height in ((20_000, 20_000), (60_000, 60_000), (2**31 - 1, 2**31 - 1)):
        header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
        png = (
            b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header)
            + chunk(b"IDAT", zlib.compress(b"\x00" * 1000)) + chunk(b"IEND", b"")
        )  # fmt: skip
        with pytest.raises(InvalidInput) as refusal:
            prepare(png)
        assert refusal.value.field == "attachments"


@pytest.mark.parametrize("form", ["PNG", "JPEG", "WEBP", "GIF"])
def test_a_picture_cut_short_is_refused_or_repaired(form: str) -> None:
    out = io.BytesIO()
    Image.effect_noise((120, 120), 80).convert("RGB").save(out, form)
    whole = out.getvalue()
    for keep in range(12, len(whole), max(1, len(whole) // 40)):
        try:
            assert opened(prepare(whole[:keep])).size == (120, 120)
        except InvalidInput as refusal:
            assert refusal.field == "attachments"


@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    st.sampled_from(["PNG", "JPEG", "WEBP", "GIF", "none"]),
    st.lists(st.tuples(st.integers(0, 5000), st.integers(0, 255)), max_size=12),
    st.binary(max_size=60),
)
def test_bytes_of_any_sort_are_taken_or_refused_never_an_error(
    form: str, changes: list[tuple[int, int]], tail: bytes
) -> None:
    data = bytearray(b"" if form == "none" else image(form, exif=_exif() if form != "GIF" else b""))
    for place, value in changes:
        if data:
            data[place % len(data)] = value
    try:
        prepared = prepare(bytes(data) + tail, "x")
    except InvalidInput as refusal:
        assert refusal.field == "attachments"
    else:
        assert prepared.data and prepared.name and prepared.content_type


MAGIC = [
    b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff\xe0", b"GIF89a", b"RIFF\x10\x00\x00\x00WEBPVP8 ",
    b"%PDF-1.7", b"PK\x03\x04", b"\x1f\x8b", b"BM", b"II*\x00", b"MZ", b"\x7fELF", b"<svg",
]  # fmt: skip


@settings(max_examples=100, deadline=None)
@given(st.sampled_from(MAGIC), st.binary(max_size=200))
def test_a_magic_number_alone_fools_nobody(magic: bytes, rest: bytes) -> None:
    try:
        prepared = prepare(magic + rest)
    except InvalidInput:
        return
    assert not prepared.is_image or opened(prepared)


@pytest.mark.parametrize(
    ("name", "data", "content_type"),
    [
        ("run.log", b"Traceback (most recent call last)", "text/plain"),
        ("page.html", b"<script>alert(1)</script>", "text/plain"),
        ("x.svg", b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>", "text/plain"),
        ("a.pdf", b"%PDF-1.7\n%x", "application/pdf"),
        ("a.zip", b"PK\x03\x04" + b"\x00" * 40, "application/zip"),
    ],
)
def test_files_are_judged_by_content_never_by_name(
    name: str, data: bytes, content_type: str
) -> None:
    prepared = prepare(data, name)
    assert (prepared.content_type, prepared.is_image) == (content_type, False)
    assert prepared.data == data


@pytest.mark.parametrize("data", [
    b"", b"MZ" + b"\x90" * 80, b"\x7fELF" + b"\x02" * 60, b"\xff\xfe\x00b\x00a", bytes(range(256)),
])  # fmt: skip
def test_empty_and_executable_and_binary_files_are_refused(data: bytes) -> None:
    with pytest.raises(InvalidInput):
        prepare(data, "harmless.png")


def test_a_file_over_the_limit_is_refused_and_one_at_it_is_not() -> None:
    assert prepare_file("a.txt", b"a" * MB, most_bytes=MB).data
    with pytest.raises(InvalidInput, match="larger than 1 MB"):
        prepare_file("a.txt", b"a" * (MB + 1), most_bytes=MB)


@pytest.mark.parametrize(
    ("name", "safe"),
    [
        ("../../etc/passwd", "_.._etc_passwd"),
        ("a\\b:c*?.txt", "a_b_c__.txt"),
        ("\x00\x07", "file"),
        ("", "file"),
        ("...", "file"),
        ("gpj.\u202eexe.txt", "gpj._exe.txt"),
        ("x" * 300 + ".txt", "x" * 100 + ".txt"),
        ("報告書.txt", "報告書.txt"),
    ],
)
def test_names_are_made_harmless(name: str, safe: str) -> None:
    assert prepare(b"text", name).name == safe


@given(st.text(max_size=400))
def test_any_name_becomes_a_short_harmless_one(name: str) -> None:
    safe = prepare(b"text", name).name
    assert 0 < len(safe) <= 200
    assert not set(safe) & set('/\\\x00\r\n":<>|?*')


def test_pictures_sent_at_once_are_unpacked_one_after_the_other(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    open_now, most = 0, 0
    plain = attachments._plain

    def counting(picture: Image.Image, form: str) -> Image.Image:
        nonlocal open_now, most
        open_now += 1
        most = max(most, open_now)
        time.sleep(0.02)
        open_now -= 1
        return plain(picture, form)

    monkeypatch.setattr(attachments, "_plain", counting)
    raw = image()
    with ThreadPoolExecutor(6) as pool:
        assert all(file.is_image for file in pool.map(prepare, [raw] * 6))
    assert most == 1


def test_holes_in_a_picture_stay_holes() -> None:
    for mode, hole in (("P", 0), ("L", 0), ("RGB", (0, 0, 0))):
        raw = image("PNG", mode, transparency=hole)
        assert opened(prepare(raw)).convert("RGBA").getpixel((0, 0)) == (0, 0, 0, 0), mode


def test_what_stands_behind_the_pixels_is_dropped_too() -> None:
    raw = image()
    chunks = [(b"eXIf", b"MM\x00*" + SECRET), (b"tEXt", b"Comment\x00" + SECRET)]
    tail = b"".join(
        struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
        for kind, body in chunks
    )
    sent = raw[:-12] + tail + raw[-12:]
    assert SECRET in sent
    assert SECRET not in prepare(sent).data
