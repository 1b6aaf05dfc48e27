"""The page of one report for whoever has no account: how it stands, what was said, a reply."""

from dataclasses import replace
from datetime import datetime

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.crypto import get_random_string
from django.views.decorators.http import require_safe

from clients.portal import add_refusal, link_page
from core.errors import Refused
from core.limits import check_limit
from tickets.actions import answer_by_link, renew_status_link
from tickets.forms import AnswerForm
from tickets.models import Comment, Report, StatusLink
from tickets.queries import file_of_link, find_status_link, is_over, told_of
from tickets.queries.clocks import answer_to
from tickets.queries.people import mail_reporter
from tickets.rules.plain_words import REPORT_STANDINGS, TICKET_STANDINGS, Standing
from tickets.rules.states import TicketState
from tickets.views.files import file_answer
from tickets.views.lines import lines_of

OPENED_AN_HOUR = 600
ANSWERS_AN_HOUR = 30
RENEWALS_A_DAY = 3
_CLOSED = "portal/status_closed.html"


@link_page("status", most_an_hour=OPENED_AN_HOUR, closed=_CLOSED)
def report_status(request: HttpRequest, token: str, now: datetime) -> HttpResponseBase:
    """Show how a report stands and what we said of it; take an answer."""
    link = find_status_link(token)
    if is_over(link, now=now):
        return _over(request, link, token, now)
    form = AnswerForm(
        request.POST if request.method == "POST" else None,
        initial={"form_key": get_random_string(24)},
    )
    if form.is_valid() and (said := _answer(form, link, token, now)):
        return redirect(f"{reverse('report_status', args=[token])}?said={said.pk}#said-{said.pk}")
    report = link.report
    context = {
        "link": link,
        "report": report,
        "standing": _standing(report),
        "answer": answer_to(report, now),
        "lines": lines_of(told_of(link), [report], report.number, to_reporter=True),
        "form": form,
        "said": "said" in request.GET,
        "token": token,
        "now": now,
    }
    return render(request, "portal/status.html", context, status=422 if form.errors else 200)


@require_safe
@link_page("status_file", most_an_hour=OPENED_AN_HOUR, closed=_CLOSED)
def status_file(request: HttpRequest, token: str, now: datetime, pk: int) -> HttpResponseBase:
    """Give a file of the page: what came with the report, or with what was said."""
    link = find_status_link(token)
    if is_over(link, now=now):
        raise StatusLink.DoesNotExist
    return file_answer(file_of_link(link, pk))


def _answer(form: AnswerForm, link: StatusLink, token: str, now: datetime) -> Comment | None:
    """Take the answer; gives None with the refusal on the form."""
    check_limit("status_answer", str(link.pk), most=ANSWERS_AN_HOUR, seconds=3600, now=now)
    try:
        return answer_by_link(
            token=token,
            body=form.cleaned_data["body"],
            form_key=form.cleaned_data["form_key"],
            now=now,
        )
    except Refused as refusal:
        add_refusal(form, refusal)
        return None


def _over(request: HttpRequest, link: StatusLink, token: str, now: datetime) -> HttpResponse:
    """Offer a new link where there is an address to mail it to."""
    reporter = mail_reporter(link.report)
    context = {"can_renew": reporter is not None and reporter.user is None}
    if request.method == "POST" and context["can_renew"]:
        check_limit("status_renew", str(link.pk), most=RENEWALS_A_DAY, seconds=86_400, now=now)
        renew_status_link(token=token, now=now)
        return render(request, _CLOSED, {"renewed": True})
    return render(request, _CLOSED, context, status=404)


def _standing(report: Report) -> Standing:
    """Say where a report stands, or the ticket that came of it."""
    if report.ticket is None:
        return REPORT_STANDINGS[report.state]
    standing = TICKET_STANDINGS[report.ticket.state]
    if report.ticket.state == TicketState.SHIPPED:
        return replace(standing, next_step="The fix is live. Write below if it still is broken.")
    return standing
