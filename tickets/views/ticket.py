from django.contrib import messages
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from clients.portal import Portal, account_page, add_refusal, show
from core.errors import Refused
from core.limits import check_limit
from tickets.actions import (
    answer_fix,
    reply_to_report,
    reply_to_ticket,
    unwatch_ticket,
    watch_ticket,
)
from tickets.forms import ReplyForm, StillBrokenForm
from tickets.models import Comment, Report, Ticket
from tickets.queries import (
    get_report_for,
    get_ticket_for,
    reports_of,
    timeline_of,
)
from tickets.queries.clocks import answer_due, answer_to, clocks_of
from tickets.queries.forecasts import prospects
from tickets.queries.merging import survivor_of
from tickets.rules.plain_words import TICKET_STANDINGS
from tickets.rules.states import TicketState
from tickets.views.lines import lines_of
from tickets.views.report import SESSION_JOINED, SESSION_SENT
from tickets.views.rows import standing_of
from tickets.views.uploads import kept_files, store_files

REPLIES_AN_HOUR = 120
_WATCHING = {"watch": watch_ticket, "unwatch": unwatch_ticket}


@require_http_methods(["GET", "HEAD", "POST"])
@account_page
def ticket_detail(request: HttpRequest, portal: Portal, number: int) -> HttpResponseBase:
    """Show a ticket as its client sees it; take a reply, or the answer to "does it work?"."""
    ticket = get_ticket_for(portal.user, number)
    if ticket.merged_into_id and request.method != "POST":
        return _to_survivor(request, ticket)
    portal = portal.of_client(ticket.client_id)
    reply, broken = ReplyForm(), StillBrokenForm()
    if request.method == "POST":
        chosen = request.POST.get("action", "")
        if chosen in _WATCHING:
            _WATCHING[chosen](ticket_id=ticket.pk, actor=portal.user, now=portal.now)
            done, fragment = True, "watching"
        elif chosen in {"works", "broken"}:
            broken = StillBrokenForm(request.POST)
            done = broken.is_valid() and _answer(request, portal, ticket, broken, chosen)
            fragment = "now"
        else:
            reply = ReplyForm(request.POST, request.FILES)
            comment = _reply(portal, reply, ticket=ticket) if reply.is_valid() else None
            done, fragment = comment is not None, f"said-{comment.pk}" if comment else ""
        if done:
            return redirect(f"{reverse('ticket_detail', args=[number])}#{fragment}")
    if ticket.merged_into_id:
        # Merged while they typed: it stands, with what is wrong with it, where it will arrive.
        ticket = get_ticket_for(portal.user, _survivor(ticket))

    reports = list(reports_of(ticket))
    entries = timeline_of(ticket=ticket, public_only=True)
    context = {
        "nav": "tickets",
        "ticket": ticket,
        "joined": request.session.pop(SESSION_JOINED, None),
        "standing": TICKET_STANDINGS[ticket.state],
        "lines": lines_of(entries, reports, ticket.number),
        "report": next((r for r in reports if r.number == ticket.number), None),
        "answer": answer_due(clocks_of(ticket, portal.now)),
        "prospect": prospects([ticket], portal.now).get(ticket.number),
        "reply": reply,
        "broken": broken,
        "kept": kept_files(portal, reply),
        "may_reply": portal.may("ticket.reply"),
        "hears": any(r.reporter and r.reporter.user_id == portal.user.pk for r in reports),
        "watches": ticket.watchers.filter(user=portal.user).exists(),
        "asks": ticket.state == TicketState.SHIPPED and portal.may("ticket.answer_fix"),
        "may_reopen": ticket.state == TicketState.VERIFIED and portal.may("ticket.answer_fix"),
    }
    failed = reply.errors or broken.errors
    return show(request, portal, "portal/ticket.html", context, status=422 if failed else 200)


@require_http_methods(["GET", "HEAD", "POST"])
@account_page
def report_detail(request: HttpRequest, portal: Portal, number: int) -> HttpResponseBase:
    """Show a report that is no ticket yet; one that is leads to its ticket."""
    report = get_report_for(portal.user, number)
    portal = portal.of_client(report.client_id)
    reply = ReplyForm()
    if request.method == "POST":
        reply = ReplyForm(request.POST, request.FILES)
        comment = _reply(portal, reply, report=report) if reply.is_valid() else None
        if comment:
            return redirect(f"{reverse('report_detail', args=[number])}#said-{comment.pk}")
    sent = request.session.get(SESSION_SENT) == report.number
    if report.ticket and not sent and not reply.errors:
        return redirect("ticket_detail", number=report.ticket.number)
    if sent:
        del request.session[SESSION_SENT]

    entries = timeline_of(report=report, public_only=True)
    context = {
        "nav": "tickets",
        "report": report,
        "sent": sent,
        "standing": standing_of(report, portal.user),
        "lines": lines_of(entries, [report], report.number),
        "answer": answer_to(report, portal.now),
        "reply": reply,
        "kept": kept_files(portal, reply),
        "may_reply": portal.may("ticket.reply"),
    }
    status = 422 if reply.errors else 200
    return show(request, portal, "portal/report_detail.html", context, status=status)


def _to_survivor(request: HttpRequest, ticket: Ticket) -> HttpResponseBase:
    """Lead to the ticket that another is part of, which is of the same client."""
    number = _survivor(ticket)
    messages.info(request, f"#{ticket.number} is the same problem as #{number}.")
    return redirect("ticket_detail", number=number)


def _survivor(ticket: Ticket) -> int:
    return Ticket.objects.values_list("number", flat=True).get(pk=survivor_of(ticket.pk))


def _reply(
    portal: Portal, form: ReplyForm, *, ticket: Ticket | None = None, report: Report | None = None
) -> Comment | None:
    """Post the reply; gives None with the refusal on the form."""
    user, now = portal.user, portal.now
    try:
        check_limit("portal.reply", str(user.pk), most=REPLIES_AN_HOUR, seconds=3600, now=now)
        ids = store_files(portal, form)
        body = form.cleaned_data["body"]
        if ticket:
            return reply_to_ticket(
                ticket_id=ticket.pk, body=body, attachment_ids=ids, actor=user, now=now
            )
        assert report is not None
        return reply_to_report(
            report_id=report.pk, body=body, attachment_ids=ids, actor=user, now=now
        )
    except Refused as refusal:
        add_refusal(form, refusal)
        return None


def _answer(
    request: HttpRequest, portal: Portal, ticket: Ticket, form: StillBrokenForm, chosen: str
) -> bool:
    """Take whether the fix works; gives False with the refusal on the form."""
    works = chosen == "works"
    try:
        answer_fix(
            ticket_id=ticket.pk,
            works=works,
            comment=form.cleaned_data["comment"],
            actor=portal.user,
            now=portal.now,
        )
    except Refused as refusal:
        add_refusal(form, refusal)
        return False
    thanks = "Thank you. We are glad it works."
    again = "Thank you. It is back in the queue, and an engineer looks at it again."
    messages.success(request, thanks if works else again)
    return True
