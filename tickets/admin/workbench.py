"""The workbench: one ticket, with everything needed to fix it in one place."""

from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase, QueryDict
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.safestring import SafeString
from django.views.decorators.http import require_POST

from clients.console import Console, console_page, show, show_part
from clients.queries import recent_releases, staff
from core.errors import Refused, StaleVersion
from core.text import render_markdown
from tickets.actions import OutOfOrder, mark_present
from tickets.admin.events import describe
from tickets.admin.moves import MOVES, Wish, kept_files
from tickets.admin.saved_replies import filled_macros
from tickets.models import Attachment, FixCheck, Report, Skill, Ticket
from tickets.queries import (
    TimelineEntry,
    get_ticket_for,
    mail_reporters,
    outbreak_of,
    reports_of,
    running_timer,
    time_of,
    timeline_of,
    viewers_of,
    watchers_of,
)
from tickets.queries.answers import answers_of
from tickets.queries.clocks import answer_due, clocks_of
from tickets.queries.mail import mails_behind
from tickets.queries.merging import merges_into, survivor_of
from tickets.queries.related import shipped_before
from tickets.queries.work import links_of
from tickets.rules.states import TicketState
from tickets.rules.words import Kind, Severity

_T = TicketState
# Said even where it is the default: a browser carries the last fragment over, past the answer.
_TOP = "main-content"
_FRAGMENTS = {"reply": "say", "note": "say", "log": "time", "void": "time", "link": "links"}


@dataclass(frozen=True)
class Line:
    """One line of the timeline as staff see it."""

    entry: TimelineEntry
    html: SafeString | None
    said: str
    files: list[Attachment]


@console_page("ticket.work")
def workbench(request: HttpRequest, console: Console, number: int) -> HttpResponseBase:
    """Show a ticket; take one move, reply, note, change or time entry."""
    ticket = get_ticket_for(console.user, number)
    if ticket.merged_into_id and request.method != "POST":
        whole = Ticket.objects.get(pk=survivor_of(ticket.pk))
        messages.info(request, f"#{number} is part of #{whole.number}.")
        return _back(whole.number)
    context: dict[str, Any] = {"typed": {}, "refusal": None, "failed": "", "kept": []}
    if request.method == "POST":
        wish = Wish(request, console, ticket=ticket)
        do = request.POST.get("do", "")
        if do not in MOVES:
            return _back(number)
        try:
            messages.success(request, MOVES[do](wish))
        except OutOfOrder:
            return redirect("admin:tickets_take", number)
        except Refused as refusal:
            context |= {"typed": _typed(request.POST), "refusal": refusal, "failed": do}
            context["is_stale"] = isinstance(refusal, StaleVersion)
            context["kept"] = kept_files(console, wish.kept)
            ticket = get_ticket_for(console.user, number)
        else:
            return _back(number, _FRAGMENTS.get(do, _TOP))
    context |= _facts(console, ticket)
    return show(
        request,
        console,
        "console/workbench.html",
        context,
        status=context["refusal"].status if context["refusal"] else 200,
    )


@console_page("ticket.work")
@require_POST
def viewers(request: HttpRequest, console: Console, number: int) -> HttpResponse:
    """Note that this person has the ticket open, and show who else has."""
    ticket = get_ticket_for(console.user, number)
    mark_present(ticket_id=ticket.pk, actor=console.user, now=console.now)
    others = list(viewers_of(ticket, but=console.user, now=console.now))
    context = {"ticket": ticket, "others": others, "seen_version": request.POST.get("version", "")}
    return show_part(request, console, "console/parts/viewers.html", context)


def _back(number: int, fragment: str = _TOP) -> HttpResponseBase:
    link = reverse("admin:tickets_workbench", args=[number])
    return redirect(f"{link}#{fragment}")


def _typed(data: QueryDict) -> dict[str, str]:
    return {name: value for name, value in data.dict().items() if isinstance(value, str)}


def _facts(console: Console, ticket: Ticket) -> dict[str, Any]:
    reports = list(reports_of(ticket))
    entries = timeline_of(ticket=ticket, public_only=False)
    people = list(staff().order_by("name"))
    names = {person.pk: str(person) for person in people}
    time = list(time_of(ticket))
    timer = running_timer(console.user)
    clocks = clocks_of(ticket, console.now)
    return {
        "title": f"#{ticket.number}",
        "crumb": ("/console/queue/", "Queue"),
        "ticket": ticket,
        "reports": reports,
        "answers": answers_of(reports),
        "mails": mails_behind(reports),
        "outbreak": outbreak_of(ticket),
        "parts": list(merges_into(ticket)),
        "related": shipped_before(ticket),
        "clocks": clocks,
        "answer": answer_due(clocks),
        "lines": [_line(entry, names) for entry in entries],
        "moves": _moves(console, ticket),
        "timer": timer,
        "timer_here": timer is not None and timer.ticket_id == ticket.pk,
        "time": time,
        "minutes": sum(entry.minutes for entry in time if not entry.voided_at),
        "links": links_of(ticket),
        "releases": list(recent_releases(ticket.project_id)[:6]),
        "fix_checks": _fix_checks(ticket),
        "watchers": list(watchers_of(ticket)),
        "audience": list(mail_reporters(ticket.pk)),
        "people": people,
        "kinds": Kind.choices,
        "severities": Severity.choices,
        "skills": list(Skill.objects.all()),
        "macros": filled_macros(ticket, _first(reports, ticket)),
        "most_files": settings.ATTACHMENT_MAX_COUNT,
    }


def _first(reports: list[Report], ticket: Ticket) -> Report | None:
    return next((report for report in reports if report.pk == ticket.number), None)


def _fix_checks(ticket: Ticket) -> list[FixCheck]:
    checks = ticket.fix_checks.exclude(state=FixCheck.State.SUPERSEDED)
    return list(checks.select_related("reporter__user").order_by("-asked_at"))


def _line(entry: TimelineEntry, names: dict[int, str]) -> Line:
    html = render_markdown(entry.comment.body) if entry.comment else None
    said = describe(entry.event, names) if entry.event else ""
    return Line(entry=entry, html=html, said=said, files=entry.files)


def _moves(console: Console, ticket: Ticket) -> set[str]:
    """Give the moves that the state table and the assignment allow now."""
    free = ticket.assignee_id in (None, console.user.pk)
    found = {
        "start": ticket.state == _T.QUEUED and free,
        "put_back": ticket.state in (_T.IN_PROGRESS, _T.WAITING),
        "wait": ticket.may_move(_T.WAITING),
        "resume": ticket.state == _T.WAITING,
        "to_review": ticket.may_move(_T.IN_REVIEW),
        "from_review": ticket.state == _T.IN_REVIEW,
        "ship": ticket.may_move(_T.SHIPPED),
        "reopen": not ticket.is_open,
        "close": ticket.may_move(_T.CLOSED),
        "assign": ticket.is_open,
        "approve_p1": ticket.awaits_p1_approval,
        "merge": ticket.is_open,
    }
    return {move for move, allowed in found.items() if allowed}
