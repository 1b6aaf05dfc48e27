import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.text import clean_text, one_line, render_markdown, render_plain
from tests.timing import processor_seconds

ATTACKS = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "![x](https://evil.test/track.gif)",
    "![x](javascript:alert(1))",
    "[x](javascript:alert(1))",
    "[x](JaVaScRiPt:alert(1))",
    "[x](java\nscript:alert(1))",
    "[x](&#106;avascript:alert(1))",
    "[x](data:text/html;base64,PHNjcmlwdD4=)",
    "[x](vbscript:msgbox(1))",
    "[x](file:///etc/passwd)",
    '[x](https://a.test "onclick=alert(1)")',
    '[x](https://a.test" onclick="alert(1))',
    "<a href='javascript:alert(1)'>x</a>",
    "<https://a.test/\"onmouseover=alert(1)>",
    "<javascript:alert(1)>",
    "<svg/onload=alert(1)>",
    "<iframe src=https://evil.test></iframe>",
    "<style>*{display:none}</style>",
    "<form action=https://evil.test><input name=code></form>",
    "<math><mi//xlink:href='data:x,<script>alert(1)</script>'>",
    "`<script>alert(1)</script>`",
    "```html\n<script>alert(1)</script>\n```",
    "[a]: javascript:alert(1)\n[a]",
    "<!--><script>alert(1)</script>-->",
    "<x onclick=alert(1)>",
    "|a|\n|-|\n|<img src=x onerror=alert(1)>|",
]  # fmt: skip
_ALLOWED_TAGS = {
    "p", "br", "hr", "strong", "em", "s", "del", "code", "pre", "blockquote", "ul", "ol", "li",
    "h1", "h2", "h3", "h4", "h5", "h6", "a", "table", "thead", "tbody", "tr", "th", "td",
}  # fmt: skip


def _assert_safe(html: str) -> None:
    for tag in re.findall(r"<\s*/?\s*([^\s>/]+)[^>]*>", html):
        assert tag.lower() in _ALLOWED_TAGS, html
    for attributes in re.findall(r"<[a-z0-9]+\s+([^>]*)>", html):
        bare = re.sub(r'="[^"]*"', "", attributes)
        assert set(bare.split()) <= {"href", "title", "rel", "start"}, html
    for address in re.findall(r'href="([^"]*)"', html):
        assert re.match(r"(https?://|mailto:|[/#?.]|[^:]*$)", address), html


@pytest.mark.parametrize("attack", ATTACKS)
def test_markdown_lets_no_attack_through(attack: str) -> None:
    _assert_safe(render_markdown(attack))


@given(st.text(alphabet="<>[]()!`*_\"'&;:/\\ \nabjvscriptonerhf=#|-", max_size=200))
def test_markdown_is_safe_whatever_is_typed(text: str) -> None:
    _assert_safe(render_markdown(text))


def test_markdown_shows_what_people_use() -> None:
    html = render_markdown("**bold** and `code`\nnext line\n\n- one\n\n[docs](https://a.test/b)")
    for part in ("<strong>bold</strong>", "<code>code</code>", "<br>", "<li>one</li>"):
        assert part in html
    assert 'href="https://a.test/b"' in html
    assert "noopener" in html and "nofollow" in html


@pytest.mark.parametrize("text", [
    "[" * 20_000, "*" * 20_000, "> " * 10_000, "`" * 20_000, "![" * 10_000, "a_" * 10_000,
    ">" * 200 + "a\n" + "a\n" * 9_850, "- " * 15 + "a\n" + "a\n" * 9_900,
    "> - " * 40 + "a\n" + "a\n" * 9_900, "1. " * 60 + "a\n" + "a\n" * 9_900,
    ("> " * 50 + "a\n") * 190, ("> " * 9 + "a\n") * 1_000, "* " * 100 + "\n" + "  a\n" * 4_000,
    "<" * 20_000, "- " * 10_000, "|" * 20_000, "[a](" * 5_000, "&" * 20_000, "**a *" * 4_000,
])  # fmt: skip
def test_markdown_made_to_be_slow_is_not(text: str) -> None:
    assert processor_seconds(lambda: render_markdown(text)) < 3


def test_clean_text_drops_only_what_cannot_be_stored() -> None:
    assert clean_text("a\x00b\x07c\ud800d\x7f") == "abcd"
    assert clean_text("tab\tline\nline\r\nemoji 🚀 العربية") == "tab\tline\nline\nemoji 🚀 العربية"


@given(st.text(alphabet=st.characters(codec=None)))
def test_cleaned_text_can_always_be_stored_and_stays_clean(text: str) -> None:
    cleaned = clean_text(text)
    cleaned.encode("utf-8")
    assert "\x00" not in cleaned
    assert clean_text(cleaned) == cleaned


def test_a_table_of_endless_cells_is_not_filled_up() -> None:
    table = "|" + "a|" * 1000 + "\n|" + "-|" * 1000 + "\n" + "|\n" * 7000
    assert "<table>" not in render_markdown(table)
    assert processor_seconds(lambda: render_markdown(table)) < 2
    assert "<table>" in render_markdown("|a|b|\n|-|-|\n" + "|1|2|\n" * 100)


def test_a_name_is_one_line_and_no_link() -> None:
    name = "Ann\n\n[Confirm your account](https://evil.test)\u2028now\x00"
    line = one_line(name)
    assert line == "Ann [Confirm your account] (https://evil.test) now"
    assert "<a " not in render_markdown(line)


def test_plain_text_links_only_to_our_own_pages() -> None:
    text = "See https://ops.test/r/a_b&c/ <b>\n\nhttps://ops.test.evil.test https://evil.test/"
    assert render_plain(text, ours="https://ops.test") == (
        '<p>See <a href="https://ops.test/r/a_b&amp;c/">https://ops.test/r/a_b&amp;c/</a> '
        "&lt;b&gt;</p>\n\n<p>https://ops.test.evil.test https://evil.test/</p>"
    )
