"""Forms read in memory: what browsers send, and any bytes."""

import contextlib
from io import BytesIO

from django.test.client import BOUNDARY, MULTIPART_CONTENT, encode_multipart
from hypothesis import given
from hypothesis import strategies as st

from core.multipart import NotWhole, read_form

NAMES = st.text("abc_", min_size=1, max_size=8)
TEXTS = st.text(max_size=50)


@given(st.dictionaries(NAMES, st.lists(TEXTS, max_size=3), max_size=6))
def test_fields_come_as_they_were_sent(sent: dict[str, list[str]]) -> None:
    form = read_form(BytesIO(encode_multipart(BOUNDARY, sent)), MULTIPART_CONTENT)
    assert dict(form.fields.lists()) == {name: texts for name, texts in sent.items() if texts}
    assert not form.files


@given(st.binary(max_size=300))
def test_a_file_comes_byte_for_byte(data: bytes) -> None:
    head = b'--b\r\nContent-Disposition: form-data; name="f"; filename="../a b.png"\r\n\r\n'
    form = read_form(BytesIO(head + data + b"\r\n--b--\r\n"), "multipart/form-data; boundary=b")
    (file,) = form.files.getlist("f")
    assert (file.read(), file.name) == (data, "a b.png")


def test_a_file_that_was_not_chosen_is_none() -> None:
    body = b'--b\r\nContent-Disposition: form-data; name="f"; filename=""\r\n\r\n\r\n--b--\r\n'
    form = read_form(BytesIO(body), "multipart/form-data; boundary=b")
    assert not form.files and not form.fields


def test_a_field_that_is_no_utf8_is_read_and_kept_as_it_came() -> None:
    body = b'--b\r\nContent-Disposition: form-data; name="t"\r\n\r\nf\xfcr\r\n--b--\r\n'
    form = read_form(BytesIO(body), "multipart/form-data; boundary=b")
    assert (form.fields["t"], form.raw["t"]) == ("f\ufffdr", b"f\xfcr")


@given(st.binary(max_size=200), st.sampled_from(["b", "", "\u00fc", "b" * 200]))
def test_any_bytes_are_a_form_or_not_whole(body: bytes, boundary: str) -> None:
    for raw in (body, b"--b\r\n" + body, b"--b\r\n" + body + b"\r\n--b--\r\n"):
        with contextlib.suppress(NotWhole):
            read_form(BytesIO(raw), f"multipart/form-data; boundary={boundary}")
