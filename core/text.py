"""Text from people: made safe to store and safe to show."""

import re
import unicodedata

import nh3
from django.utils.html import escape, linebreaks
from django.utils.safestring import SafeString, mark_safe
from markdown_it import MarkdownIt

_markdown = MarkdownIt("js-default", {"breaks": True, "linkify": False})
# Looking for the end of each of thousands of unclosed brackets takes seconds, and so does filling
# up a table of as many cells, or asking each of thousands of lines at every level of a deep quote
# or list whether it goes on; nobody writes so much.
_bare_markdown = MarkdownIt("js-default", {"breaks": True, "linkify": False}).disable(
    ["link", "image", "reference", "table", "blockquote", "list"]
)
_MOST_BRACKETS = 1000
_MOST_CELLS = 10_000
_MOST_LEVELS = 10_000
_BEGIN = re.compile(r"(?:\s|>|[-+*]\s|\d{1,9}[.)]\s)*")
_LEVEL = re.compile(r">|[-+*.)]\s")
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")
_UNSEEN = {"Cc", "Cf", "Cs", "Zs", "Zl", "Zp"}
_TAGS = {
    "p", "br", "hr", "strong", "em", "s", "del", "code", "pre", "blockquote", "ul", "ol", "li",
    "h1", "h2", "h3", "h4", "h5", "h6", "a", "table", "thead", "tbody", "tr", "th", "td",
}  # fmt: skip


def clean_text(text: str) -> str:
    """Drop the characters PostgreSQL or a page cannot hold; every other one stays as it came."""
    return _CONTROL.sub("", text.replace("\r\n", "\n"))


def is_blank(text: str) -> bool:
    """Tell whether nothing of a text can be seen: only spaces, controls and joiners, if any."""
    return all(unicodedata.category(sign) in _UNSEEN for sign in text)


def one_line(text: str) -> str:
    """Give a name or title as it may stand in a mail: in one line, and no Markdown link in it."""
    return " ".join(clean_text(text).split()).replace("](", "] (")


def render_markdown(text: str) -> SafeString:
    """Render Markdown and sanitise the result: no images, no scripts; links pass nothing on."""
    renderer = _bare_markdown if _is_too_much(text) else _markdown
    html = nh3.clean(
        renderer.render(text),
        tags=_TAGS,
        attributes={"a": {"href", "title"}},
        url_schemes={"http", "https", "mailto"},
        link_rel="noopener noreferrer nofollow",
    )
    return mark_safe(html)  # noqa: S308 - sanitised by nh3 above


def render_plain(text: str, *, ours: str) -> SafeString:
    """Render plain text as paragraphs; only addresses that begin with ``ours`` become links."""
    address = re.compile(re.escape(escape(ours)) + r"/[^\s<>]*")
    linked = address.sub(r'<a href="\g<0>">\g<0></a>', escape(text))
    return mark_safe(linebreaks(linked))  # noqa: S308 - escaped above


def _is_too_much(text: str) -> bool:
    lines = text.split("\n")
    cells = len(lines) * max(line.count("|") for line in lines)
    return (
        text.count("[") > _MOST_BRACKETS
        or cells > _MOST_CELLS
        or len(lines) * max(map(_levels, lines)) > _MOST_LEVELS
    )


def _levels(line: str) -> int:
    """Give how many quotes and lists a line begins at most."""
    begin = _BEGIN.match(line)
    return len(_LEVEL.findall(begin[0])) if begin else 0
