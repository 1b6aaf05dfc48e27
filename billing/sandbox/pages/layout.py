"""What every page of the sandbox is built from: safe HTML, forms, amounts and dates."""

from datetime import UTC, datetime

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe

from billing.gateways.stripe.amounts import from_minor
from billing.sandbox.api import Answer
from billing.sandbox.books.cards import DECLINES

_STYLE = mark_safe(  # noqa: S308
    "body{font:16px/1.5 system-ui,sans-serif;max-width:44rem;margin:2rem auto;padding:0 1rem;"
    "color:#1a1f36}header{background:#fff4d6;border:1px solid #e5c76b;border-radius:.5rem;"
    "padding:.5rem 1rem;margin-bottom:2rem}table{border-collapse:collapse;width:100%;margin:1rem 0}"
    "td,th{text-align:left;padding:.4rem .5rem;border-bottom:1px solid #e3e8ee}"
    "td:last-child,th:last-child{text-align:right}form{display:inline-block;margin:.5rem .5rem 0 0}"
    "button,select{font:inherit;padding:.4rem .9rem;border-radius:.4rem;border:1px solid #c1c9d2}"
    "button{background:#635bff;border-color:#635bff;color:#fff;cursor:pointer}"
    "[role=alert]{color:#b3093c;font-weight:600}"
)
_PAGE = (
    '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{title}</title>'
    '<meta name="viewport" content="width=device-width,initial-scale=1"><style>{style}</style>'
    "</head><body><header>This is a sandbox on this machine. No money moves.</header>"
    "<main><h1>{title}</h1>{body}</main></body></html>"
)
# Nothing here runs scripts or loads anything, whatever a customer's name says.
_HEADERS = {
    "Content-Type": "text/html; charset=utf-8",
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'",
    "Cache-Control": "no-store",
}


def shown(title: str, *parts: SafeString, status: int = 200) -> Answer:
    """Show a page."""
    body = format_html_join("", "{}", ((part,) for part in parts))
    whole = format_html(_PAGE, title=title, style=_STYLE, body=body)
    return Answer(status, whole.encode(), _HEADERS)


def sent_to(url: str) -> Answer:
    """Lead on to another page."""
    return Answer(303, b"", {**_HEADERS, "Location": url})


def told(text: str, *, wrong: bool = False) -> SafeString:
    """Give a sentence, or what went wrong."""
    if not text:
        return SafeString("")
    return format_html('<p role="alert">{}</p>' if wrong else "<p>{}</p>", text)


def link(url: str | None, label: str) -> SafeString:
    """Give a link, or nothing where there is nowhere to go."""
    return format_html('<p><a href="{}">{}</a></p>', url, label) if url else SafeString("")


def button(label: str, *inside: SafeString, **hidden: str) -> SafeString:
    """Give a form of one button that posts to the page it stands on."""
    fields = format_html_join("", '<input type="hidden" name="{}" value="{}">', hidden.items())
    own = format_html_join(" ", "{}", ((part,) for part in inside))
    return format_html('<form method="post">{}{} <button>{}</button></form>', fields, own, label)


def cards() -> SafeString:
    """Give the choice of a card, those that decline included."""
    found = [("", "one that pays")]
    found += [
        (name, f"one that declines: {why.replace('_', ' ')}") for name, why in DECLINES.items()
    ]
    options = format_html_join("", '<option value="{}">{}</option>', found)
    return format_html('<label>Card <select name="declines">{}</select></label>', options)


def table(*rows: tuple[object, ...], head: tuple[str, ...] = ()) -> SafeString:
    """Give a table."""
    top = format_html_join("", "<th>{}</th>", ((each,) for each in head))
    body = format_html_join("", "<tr>{}</tr>", ((_cells(row),) for row in rows))
    return format_html("<table><thead><tr>{}</tr></thead><tbody>{}</tbody></table>", top, body)


def _cells(row: tuple[object, ...]) -> SafeString:
    return format_html_join("", "<td>{}</td>", ((each,) for each in row))


def money(units: int, currency: str) -> str:
    """Give an amount as people read it."""
    return str(from_minor(units, currency))


def day(instant: int | None) -> str:
    """Give a day as people read it."""
    return f"{datetime.fromtimestamp(instant, UTC):%d %b %Y}" if instant is not None else ""
