"""What the sender of a mail wrote themselves: without what they quote and sign with."""

import re

from mailparser_reply import EmailReplyParser
from mailparser_reply.constants import MAIL_LANGUAGES

from tickets.rules.mail.html import text_of_html
from tickets.rules.mail.reading import Mail

MOST_READ = 30_000
_QUOTE = re.compile(r"^\s*>")
# "On 23 May, Kim wrote:", in any language: a line before a quote that ends like this.
_ATTRIBUTION = re.compile(r"[:：]\s*$")
_DATA = re.compile(r"^\s*(<\?xml\b|<!doctype\b|\{\s*\"|\[\s*\{\s*\")", re.I)
_PARSER = EmailReplyParser(languages=[name for name in MAIL_LANGUAGES if len(name) == 2])


def own_words(mail: Mail) -> str:
    """Give what a reply says, without quotes and signature; a mail that says nothing gives ''.

    Long mails are read as far as 30,000 characters.
    """
    if is_for_machines(mail.text):
        return ""
    text = (text_of_html(mail.html, without_quotes=True) if mail.html else "") or mail.text
    text = _after_a_leading_quote(text[:MOST_READ])
    said = (_PARSER.parse_reply(text) or "").strip()
    return _before_a_last_quote(_after_a_leading_quote(said)).strip()


def is_for_machines(text: str) -> bool:
    """Tell whether a text is data: nobody wrote it to be read."""
    return bool(_DATA.match(text))


def _after_a_leading_quote(text: str) -> str:
    """Drop a quote that stands before everything else, with the line that leads it in."""
    lines = text.strip().splitlines()
    begin = next((n for n, line in enumerate(lines) if _QUOTE.match(line)), None)
    if begin is None:
        return text
    before = [line for line in lines[:begin] if line.strip()]
    if len(before) > 2 or (before and not _ATTRIBUTION.search(before[-1])):
        return text
    end = begin
    while end < len(lines) and (_QUOTE.match(lines[end]) or not lines[end].strip()):
        end += 1
    return "\n".join(lines[end:]) if end < len(lines) else text


def _before_a_last_quote(text: str) -> str:
    """Drop a quote that ends the text; what is quoted between one's words belongs to them."""
    lines = text.splitlines()
    while lines and (_QUOTE.match(lines[-1]) or not lines[-1].strip()):
        lines.pop()
    return "\n".join(lines)
