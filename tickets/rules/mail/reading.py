"""A mail's bytes as headers, text and files; whatever is broken, what can be read is read."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from email import message_from_bytes, utils
from email.errors import MessageDefect, MessageError
from email.header import decode_header
from email.message import Message
from email.parser import BytesHeaderParser
from typing import Any

from core.text import clean_text
from tickets.rules.mail.html import text_of_html
from tickets.rules.mail.policies import LENIENT, STRICT

MOST_PARTS = 200
MOST_DEPTH = 20
MOST_TEXT = 200_000
# Characters of a header that names people; of who wrote a mail, one is believed.
MOST_ADDRESSES = 20_000
# What the parser of the standard library raises over hostile bytes, by its issue tracker and ours.
_BROKEN = (MessageError, ValueError, LookupError, AttributeError, TypeError, AssertionError,
           RecursionError)  # fmt: skip
# One character of so many may be broken before another charset is likelier.
_MOSTLY = 20
_MESSAGE_ID = re.compile(r"<[^<>\s]{1,400}>")
_FALLBACKS = ("cp1252", "latin-1")
# Charsets that are written where one that holds more is meant.
_WIDER = {
    "us-ascii": "cp1252", "ascii": "cp1252", "iso-8859-1": "cp1252", "latin-1": "cp1252",
    "windows-1252": "cp1252", "gb2312": "gb18030", "gbk": "gb18030", "ks_c_5601-1987": "cp949",
    "euc-kr": "cp949", "shift_jis": "cp932", "unicode-1-1-utf-7": "utf-7", "x-unknown": "",
}  # fmt: skip
_FOR_MACHINES = frozenset(
    f"message/{name}"
    for name in ("delivery-status", "feedback-report", "disposition-notification", "rfc822")
)
_BOUNDARY = re.compile(rb"^--(\S{1,200})\r?\n(?=[Cc]ontent-)", re.M)


@dataclass(frozen=True)
class Address:
    """Somebody in a header; the address is in lower case, and empty where there is none."""

    name: str
    address: str

    @property
    def local(self) -> str:
        """Give what stands before the @."""
        return self.address.rpartition("@")[0]

    @property
    def domain(self) -> str:
        """Give what stands behind the @."""
        return self.address.rpartition("@")[2]


@dataclass(frozen=True)
class File:
    """A part that is no text of the mail; inline images have a content id and often no name."""

    name: str
    content_type: str
    content: bytes
    content_id: str = ""


@dataclass(frozen=True)
class Mail:
    """A mail as far as it can be read. Headers are decoded, by their name in lower case."""

    headers: dict[str, list[str]]
    text: str
    html: str
    """The HTML that the text was made of, where there is no plain text."""
    files: tuple[File, ...]
    parts: tuple[tuple[str, str], ...]
    """Content type and text of each part that a machine wrote for machines."""
    defects: frozenset[str]
    message: Message

    def header(self, name: str) -> str:
        """Give a header's first value, or an empty text."""
        return next(iter(self.headers.get(name.lower(), [])), "")

    def addresses(self, *names: str) -> list[Address]:
        """List who stands in some headers.

        They are told apart before names are decoded: an encoded name may hold commas and addresses.
        """
        wanted = {name.lower() for name in names}
        raw = [str(value) for name, value in self.message.raw_items() if name.lower() in wanted]
        found = [each for value in raw for each in _addresses(" ".join(value.splitlines()))]
        return found or [each for value in raw for each in _addresses(_decoded(value))]

    @property
    def sender(self) -> Address:
        """Give who says they wrote it; an address in brackets before one in a name."""
        found = self.addresses("from")
        bracketed = [each for each in found if f"<{each.address}>" in self.header("from").lower()]
        return next(iter(bracketed or found), Address("", ""))

    @property
    def subject(self) -> str:
        """Give the subject on one line."""
        return " ".join(clean_text(self.header("subject")).split())

    @property
    def message_id(self) -> str:
        """Give the mail's own id with its brackets, or an empty text."""
        return next(iter(_MESSAGE_ID.findall(self.header("message-id"))), "")

    @property
    def answers_to(self) -> list[str]:
        """List the ids of the mails it answers, the nearest first."""
        named = _MESSAGE_ID.findall(self.header("in-reply-to"))
        return [*named, *reversed(_MESSAGE_ID.findall(self.header("references")))]

    @property
    def has_no_return_path(self) -> bool:
        """Tell whether it was sent from the null sender: nobody is to be told of its fate."""
        return (
            any(value.strip() == "<>" for value in self.headers.get("return-path", []))
            or self.header("envelope-from").strip() == "<>"
        )


def read_mail(raw: bytes) -> Mail:
    """Read any bytes as a mail; what cannot be read is left out and counted among the defects."""
    for policy in (STRICT, LENIENT):
        try:
            return _mail(_with_its_boundary(message_from_bytes(raw, policy=policy), raw))
        except _BROKEN:
            continue
    # Parts within parts by the hundred: they are one text.
    return _mail(BytesHeaderParser(policy=LENIENT).parsebytes(raw))


def _mail(message: Message) -> Mail:
    parts = list(_leaves(message))
    defects = {_name(defect) for part in parts for defect in part.defects}
    defects |= {_name(defect) for defect in message.defects}
    text, html = _text(message, parts)
    return Mail(
        headers=_headers(message),
        text=text,
        html=html,
        files=tuple(_files(parts)),
        parts=tuple(
            (part.get_content_type(), _machine_text(part))
            for part in parts
            if part.get_content_type() in _FOR_MACHINES
        ),
        defects=frozenset(defects),
        message=message,
    )


def _with_its_boundary(message: Message, raw: bytes) -> Message:
    """Read a mail of parts anew by the boundary that it uses, where it names another or none."""
    lost = {"StartBoundaryNotFoundDefect", "NoBoundaryInMultipartDefect"}
    used = _BOUNDARY.search(raw)
    if used is None or lost.isdisjoint(_name(defect) for defect in message.defects):
        return message
    body = raw[used.start() :]
    named = b'Content-Type: multipart/mixed; boundary="' + used[1] + b'"\n\n'
    again = message_from_bytes(named + body, policy=message.policy)
    if again.is_multipart():
        message.set_payload(again.get_payload())
    return message


def _leaves(message: Message, depth: int = 0) -> Iterator[Message]:
    """List the parts that hold something; a mail within a mail is one part."""
    if not message.is_multipart() or message.get_content_maintype() == "message":
        yield message
        return
    if depth >= MOST_DEPTH:
        return
    for count, part in enumerate(message.get_payload()):
        if count >= MOST_PARTS:
            return
        if isinstance(part, Message):
            yield from _leaves(part, depth + 1)


def _headers(message: Message) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for name, value in message.raw_items():
        found.setdefault(name.lower(), []).append(clean_text(_decoded(value)))
    return found


def _decoded(value: Any) -> str:
    """Give a header's text, of encoded words and of bytes that should not be there."""
    text = str(value)
    unfolded = " ".join(text.splitlines())
    # Bytes beyond ASCII stand in it as surrogates.
    unfolded = _read_bytes(unfolded.encode("utf-8", "surrogateescape"), "")
    try:
        chunks = decode_header(unfolded)
    except _BROKEN:
        return unfolded
    return "".join(
        chunk if isinstance(chunk, str) else _read_bytes(chunk, charset or "")
        for chunk, charset in chunks
    )


# Newer Pythons are strict unless told, and find nobody in a header that is not sound. Here such a
# header names all whom it may mean, which is more than one, and then no one is believed.
_LENIENT = {"strict": False} if hasattr(utils, "supports_strict_parsing") else {}


def _addresses(header: str) -> list[Address]:
    try:
        found = utils.getaddresses([header[:MOST_ADDRESSES]], **_LENIENT)
    except RecursionError:
        # Comments or groups within each other, by the hundred.
        return []
    return [
        Address(clean_text(_decoded(name)).strip()[:120], clean_text(_decoded(address)).lower())
        for name, address in found
        if "@" in address
    ]


def _text(message: Message, parts: list[Message]) -> tuple[str, str]:
    """Give what the mail says to people: its plain text, else what its HTML shows, and that."""
    shown = [part for part in parts if not _is_file(part)]
    plain = "\n".join(filter(None, map(_content, _of(shown, "text/plain"))))
    if plain.strip():
        return plain[:MOST_TEXT], ""
    html = "\n".join(map(_content, _of(shown, "text/html")))
    if seen := text_of_html(html).strip():
        return seen[:MOST_TEXT], html
    broken = [part for part in shown if part.get_content_maintype() in ("multipart", "text")]
    return "\n".join(map(_content, broken)).strip()[:MOST_TEXT], ""


def _of(parts: list[Message], content_type: str) -> list[Message]:
    return [part for part in parts if part.get_content_type() == content_type]


def _is_file(part: Message) -> bool:
    return part.get_content_disposition() == "attachment" or bool(_file_name(part))


def _content(part: Message) -> str:
    return clean_text(_read_bytes(_bytes(part), str(part.get_content_charset() or "")))


def _bytes(part: Message) -> bytes:
    try:
        payload = part.get_payload(decode=True)
    except _BROKEN:
        payload = None
    if isinstance(payload, bytes):
        return payload
    held = part.get_payload()
    return held.encode("utf-8", "surrogateescape") if isinstance(held, str) else b""


def _read_bytes(content: bytes, charset: str) -> str:
    """Decode by the charset that is named, else by the likeliest; this never fails."""
    charset = charset.strip("\x00 ").lower()
    named = "" if "\x00" in charset else _WIDER.get(charset, charset)
    # What reads as UTF-8 is UTF-8, whatever a program of the West calls it.
    names = ("utf-8", named) if named in ("", "cp1252") else (named, "utf-8")
    for name in filter(None, (*names, *_FALLBACKS)):
        try:
            return content.decode(name)
        except LookupError:
            continue
        except ValueError:
            mended = content.decode(name, "replace")
            if name == charset and mended.count("\ufffd") * _MOSTLY <= len(mended):
                return mended
    return content.decode("utf-8", "replace")


def _files(parts: list[Message]) -> Iterator[File]:
    for part in parts:
        is_image = part.get_content_maintype() == "image"
        if _is_file(part) or is_image:
            name, content_id = _file_name(part), str(part.get("Content-ID") or "").strip("<> ")
            held = part.get_payload()
            if part.get_content_maintype() == "message" and isinstance(held, list):
                content = b"\n".join(_as_bytes(each) for each in held)
            else:
                content = _bytes(part)
            yield File(name, part.get_content_type(), content, content_id)


def _as_bytes(message: Any) -> bytes:
    try:
        return bytes(message)
    except _BROKEN:
        return "\n".join(f"{name}: {value}" for name, value in message.raw_items()).encode(
            "utf-8", "replace"
        )


def _file_name(part: Message) -> str:
    try:
        name = part.get_filename() or ""
    except _BROKEN:
        name = ""
    return " ".join(clean_text(_decoded(name)).split())[:200]


def _machine_text(part: Message) -> str:
    """Give a part that machines write for machines, with the blocks it consists of."""
    held = part.get_payload()
    if isinstance(held, list):
        return "\n\n".join(
            "\n".join(f"{name}: {_decoded(value)}" for name, value in block.raw_items())
            + f"\n\n{_content(block) if not block.is_multipart() else ''}"
            for block in held
            if isinstance(block, Message)
        )
    return _content(part)


def _name(defect: MessageDefect) -> str:
    return type(defect).__name__
