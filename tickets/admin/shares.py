"""The fair-share account: what each client received of our work, and whose turn it is."""

from dataclasses import dataclass

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponseBase

from clients.console import Console, console_page, show
from clients.models import Client
from tickets.queries.shares import RECENT_WEEKS, Share, clients_by_share, share_of

CLIENTS_A_PAGE = 50


@dataclass(frozen=True)
class Line:
    """A client, its place in the order of turns, and what it received."""

    client: Client
    virtual: float
    share: Share


@console_page("ticket.work")
def shares_page(request: HttpRequest, console: Console) -> HttpResponseBase:
    """List the clients by whose turn it is, with what they received lately of their share."""
    page = Paginator(clients_by_share(console.now), CLIENTS_A_PAGE).get_page(
        request.GET.get("page")
    )
    lines = [Line(client, client.virtual, share_of(client)) for client in page]
    context = {
        "title": "Fair share",
        "pages": page,
        "lines": lines,
        "most": max((line.share.percent or 0 for line in lines), default=0),
        "recent_weeks": RECENT_WEEKS,
    }
    return show(request, console, "console/shares.html", context)
