"""What an HTML mail shows, as text; what it quotes is marked as in plain text."""

from inscriptis.html_engine import Inscriptis
from inscriptis.model.config import ParserConfig
from lxml import html
from lxml.etree import ParserError

MOST_HTML = 500_000
_HIDDEN = "//script|//style|//head|//title|//*[contains(translate(@style,' ',''),'display:none')]"
# Where mail programs put what they quote; what follows Outlook's mark is quoted to the end.
_QUOTED = (
    "//blockquote[@type='cite' or contains(@class,'quote') or contains(@style,'border-left')]"
    "|//*[contains(@class,'gmail_quote') or contains(@class,'yahoo_quoted')"
    " or contains(@class,'moz-cite-prefix') or contains(@class,'protonmail_quote')]"
)
_REST_IS_QUOTED = "//*[@id='divRplyFwdMsg' or @id='appendonsend' or @id='reply-intro']"
# Text that is decoded, whatever encoding it names itself.
_PARSER = html.HTMLParser(encoding="utf-8")
_CONFIG = ParserConfig(display_links=False)


def text_of_html(source: str, *, without_quotes: bool = False) -> str:
    """Give the text of an HTML page as somebody reads it, or without what it quotes."""
    try:
        root = html.document_fromstring(source[:MOST_HTML].encode(), parser=_PARSER)
    except (ParserError, ValueError):
        return ""
    for element in _found(root, _HIDDEN):
        _drop(element)
    if without_quotes:
        _drop_quotes(root)
    return _lines(Inscriptis(root, _CONFIG).get_text())


def _drop_quotes(root: html.HtmlElement) -> None:
    for element in _found(root, _QUOTED):
        _drop(element)
    for mark in _found(root, _REST_IS_QUOTED):
        for later in _found(mark, "following::*"):
            _drop(later)
        _drop(mark)


def _found(element: html.HtmlElement, path: str) -> list[html.HtmlElement]:
    return [each for each in element.xpath(path) if isinstance(each, html.HtmlElement)]


def _drop(element: html.HtmlElement) -> None:
    if element.getparent() is not None:
        element.drop_tree()


def _lines(text: str) -> str:
    """Give the lines without their indents, of empty ones no two in a row."""
    lines: list[str] = []
    for line in text.splitlines():
        bare = line.strip()
        if bare or (lines and lines[-1]):
            lines.append(bare)
    return "\n".join(lines).strip()
