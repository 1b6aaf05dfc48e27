"""What the sender of a mail wrote themselves: without what they quote and sign with."""

import re

from mailparser_reply.constants import MAIL_LANGUAGES
from mailparser_reply.parser import EmailMessage

from tickets.rules.mail.html import text_of_html
from tickets.rules.mail.reading import Mail

MOST_READ = 30_000
_QUOTE = re.compile(r"^\s*>")
_DATA = re.compile(r"^\s*(<\?xml\b.*|<!doctype\b.*>|\{\s*\".*\}|\[\s*\{\s*\".*\])\s*$", re.I | re.S)
# Heads of quoted mails as the library knows them, in two dozen forms and languages. Its patterns
# take ever longer the longer a text is, so that they see a few lines at a time.
_HEAD = EmailMessage("", languages=[name for name in MAIL_LANGUAGES if len(name) == 2]).HEADER_REGEX
_AT_A_TIME = 16
_LONGEST_LINE = 300
# Marks of the direction of writing, which mail programs put around what they lead a quote in with.
_DIRECTION = dict.fromkeys([0x200E, 0x200F, *range(0x202A, 0x202F), *range(0x2066, 0x206A)])
# "On 23 May, Kim wrote:", in any language: it ends so, and names an address or the verb ...
_ATTRIBUTION = re.compile(
    r"(<[^<>\s]+@[^<>]+>|wrote|writes|schrieb|[ée]crit|escribi[óo]|scritto|schreef|skrev|napisa[łl]"
    r"|писал|escreveu).{0,60}([:：]|wrote\s*-+)\s*$",
    re.I,
)
# ... or only a date, where a quote follows.
_DATED = re.compile(r"(@|\d{1,2}[:.h]\d{2}|\b(19|20)\d\d\b|\d[./-]\d{1,2}[./-]\d).*[:：]\s*$")
_LONGEST_ATTRIBUTION = 400
# A head names a date or an address; "On Monday it broke. He wrote:" is somebody's own.
_NAMES = re.compile(r"[@\d]")
# "-----Original Message-----", and a rule across the page.
_DIVIDER = re.compile(
    r"^\s*[-‐_–—]{3,}[ ]*[^-‐_–—]{0,3}.{0,30}(message|nachricht|mensaje|messaggio|mensagem|bericht"
    r"|meddelande|besked|melding|сообщение|wiadomo|zpr[áa]va|邮件|メッセージ).{0,30}[-‐_–—]{3,}\s*$"
    r"|^\s*_{10,}\s*$|^\s*-{20,}\s*$",
    re.I,
)
_ZOHO = re.compile(r"^\s*-{3,} .{0,300}\bwrote\s*-{3,}\s*$", re.I)
# "From: …" above "Sent: …" and "To: …": a quoted head, whatever the language calls them.
_LABEL = re.compile(r"^\s*\*?[^\s:：*]{1,20}( [^\s:：*]{1,12})?\s?[:：]\*?\s*\S")
_CLOCK = re.compile(r"\d{1,2}[:.h]\d{2}")
# What programs put below a mail; the last line is nobody's words if it is like this.
_TAGLINE = re.compile(
    r"^\W{0,3}((sent|send) (from|with|by|via) |get outlook for |von (meinem|mein) .*gesendet"
    r"|gesendet (von|mit|aus) |envoy[ée] (de|depuis|avec|par|à partir) "
    r"|enviado (desde|do|de|con|pelo) |inviato (da|con|dal) |verzonden (vanaf|met|vanuit|via) "
    r"|skickat från |sendt fra |lähetetty |wysłan[eo] z |odesláno z |отправлено (с|из) "
    r"|iphoneから送信|发自我的|發自我的|나의 iphone에서)",
    re.I,
)
_LONGEST_TAGLINE = 90
_LONGEST_SIGNATURE = 8


def own_words(mail: Mail) -> str:
    """Give what a reply says, without quotes and signature; a mail that says nothing gives ''.

    Long mails are read as far as 30,000 characters.
    """
    if is_for_machines(mail.text):
        return ""
    text = (text_of_html(mail.html, without_quotes=True) if mail.html else "") or mail.text
    text = _after_a_leading_quote(text[:MOST_READ].strip("\r\n"))
    return _without_an_end(_before_a_head(text.splitlines()))


def is_for_machines(text: str) -> bool:
    """Tell whether a text is data: nobody wrote it to be read."""
    return bool(_DATA.match(text))


def _after_a_leading_quote(text: str) -> str:
    """Drop a quote that stands before everything else, with the line that leads it in."""
    lines = text.strip("\r\n").splitlines()
    begin = next((n for n, line in enumerate(lines) if _QUOTE.match(line)), None)
    if begin is None:
        return text
    before = [line for line in lines[:begin] if line.strip()]
    if before and not (len(before) <= 3 and _leads_in(before, to_a_quote=True)):
        return text
    end = begin
    while end < len(lines) and (_QUOTE.match(lines[end]) or not lines[end].strip()):
        end += 1
    return "\n".join(lines[end:]) if end < len(lines) else text


def _leads_in(lines: list[str], *, to_a_quote: bool) -> bool:
    """Tell whether lines are what a mail program writes above a quote."""
    line = " ".join(lines).translate(_DIRECTION)
    if len(line) > _LONGEST_ATTRIBUTION:
        return False
    return bool(_ATTRIBUTION.search(line) or (to_a_quote and _DATED.search(line)))


def _before_a_head(lines: list[str]) -> list[str]:
    """Cut where the head of a quoted mail begins, unless everything stands below it."""
    known = _known_head(lines)
    for at, line in enumerate(lines[:known]):
        if _ZOHO.match(line) or (at and _is_head(lines[at : at + 6])):
            return lines[:at]
    return lines[:known]


def _known_head(lines: list[str]) -> int:
    """Give the line at which the first head begins that the library knows, else the last."""
    step = _AT_A_TIME // 2
    for at in range(0, len(lines), step):
        shown = "\n".join(line.strip()[:_LONGEST_LINE] for line in lines[at : at + _AT_A_TIME])
        for found in _HEAD.finditer(shown):
            begin = found.start() + len(found[0]) - len(found[0].lstrip())
            line = at + shown.count("\n", 0, begin)
            if line >= at + step:
                break
            is_first = not any(map(str.strip, lines[:line]))
            if not is_first and (_DIVIDER.match(found[0].strip()) or _NAMES.search(found[0])):
                return line
    return len(lines)


def _is_head(lines: list[str]) -> bool:
    labelled = []
    for line in lines:
        if not _LABEL.match(line):
            break
        labelled.append(line)
    text = "\n".join(labelled)
    return len(labelled) >= 3 and "@" in text and bool(_CLOCK.search(text))


def _without_an_end(lines: list[str]) -> str:
    """Drop what ends a mail and is nobody's words: quotes and what leads them in, signatures.

    What is quoted between one's words belongs to them.
    """
    lines = _before_a_signature(lines)
    while lines:
        had_quote = _drop_last(lines)
        count = next((n for n in (1, 2, 3) if _closes(lines[-n:], had_quote)), 0)
        if not count:
            break
        del lines[-count:]
    return "\n".join(lines).strip("\n").rstrip()


def _drop_last(lines: list[str]) -> bool:
    """Drop empty and quoted lines and rules from the end; tell whether any was quoted."""
    had_quote = False
    while lines and (not lines[-1].strip() or _QUOTE.match(lines[-1]) or _DIVIDER.match(lines[-1])):
        had_quote |= bool(_QUOTE.match(lines.pop()))
    return had_quote


def _closes(lines: list[str], had_quote: bool) -> bool:
    if not all(line.strip() for line in lines):
        return False
    is_tagline = len(lines) == 1 and len(lines[0]) <= _LONGEST_TAGLINE
    return _leads_in(lines, to_a_quote=had_quote) or (
        is_tagline and bool(_TAGLINE.match(lines[0].strip()))
    )


def _before_a_signature(lines: list[str]) -> list[str]:
    """Cut at the mark of a signature (RFC 3676, section 4.3), whose last space often gets lost."""
    for at, line in enumerate(lines):
        if line.rstrip() == "--" and (line == "-- " or len(lines) - at <= _LONGEST_SIGNATURE + 1):
            return lines[:at]
    return lines
