"""The header's search: straight to a number or a client, else to tickets by their title."""

from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse

from clients.console import Console, console_page
from clients.queries import client_called
from tickets.queries import get_report_for


@console_page("ticket.read")
def find(request: HttpRequest, console: Console) -> HttpResponseBase:
    """Go to the ticket or report of a number, to a client, or to a list of what has the words."""
    wanted = request.GET.get("q", "").strip()[:100].replace("\x00", "")
    digits = wanted.lstrip("#")
    if digits.isascii() and digits.isdigit() and len(digits) < 19:
        report = get_report_for(console.user, int(digits))
        if report.ticket:
            return redirect("admin:tickets_workbench", number=report.ticket.number)
        return redirect("admin:tickets_triage_report", number=report.number)
    if client := client_called(console.user, wanted):
        return redirect("admin:clients_client", pk=client.pk)
    link = reverse("admin:tickets_ticket_changelist")
    return redirect(f"{link}?{urlencode({'q': wanted})}" if wanted else link)
