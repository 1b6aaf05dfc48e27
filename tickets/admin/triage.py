"""Triage: judge each report once, with the keyboard if one likes."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse

from clients.console import (
    Console,
    console_page,
    offer_undo,
    refusals_as_messages,
    show,
    whole,
    whole_or_none,
)
from core.errors import InvalidInput, Refused
from tickets import actions
from tickets.admin.saved_replies import filled_macros
from tickets.models import Alert, Report, Triage
from tickets.queries import (
    get_report_for,
    proposal_accuracy,
    timeline_of,
    triage_counts,
    triage_inbox,
)
from tickets.queries.answers import answers_of
from tickets.queries.clocks import answer_to, clocks_of
from tickets.queries.duplicates import Suggestion, suggest_tickets
from tickets.queries.mail import mails_behind
from tickets.queries.related import shipped_before
from tickets.rules.states import JOINABLE, DeclineReason, ReportState
from tickets.rules.words import Kind, Severity

MOST_ROWS = 200
# As many as have a key: 5 to 9, behind the four severities.
MOST_SAME = 5
_TO_DECIDE = (ReportState.RECEIVED, ReportState.PROPOSED)


@console_page("report.triage")
def inbox(request: HttpRequest, console: Console) -> HttpResponseBase:
    """List what waits for triage; accept several as proposed."""
    if request.method == "POST":
        _accept_many(request, console)
        return redirect("admin:tickets_triage")
    rows = triage_inbox()
    accuracy = proposal_accuracy()
    return show(
        request,
        console,
        "console/triage_inbox.html",
        {
            "title": "Triage",
            "rows": list(rows.filter(state__in=_TO_DECIDE)[:MOST_ROWS]),
            "asked": list(rows.filter(state=ReportState.ASKED)[:MOST_ROWS]),
            "counts": triage_counts(),
            "accuracy": accuracy,
        },
    )


@console_page("report.triage")
def report_page(request: HttpRequest, console: Console, number: int) -> HttpResponseBase:
    """Show one report with everything needed to judge it; take the judgement."""
    report = get_report_for(console.user, number)
    typed: dict[str, str] = {}
    refusal: Refused | None = None
    if request.method == "POST":
        do = request.POST.get("do", "")
        if do not in _DECISIONS:
            return redirect("admin:tickets_triage_report", number=number)
        following = _neighbours(report)[1]
        try:
            said = _DECISIONS[do](request, console, report)
        except Refused as caught:
            typed, refusal = request.POST.dict(), caught
            report = get_report_for(console.user, number)
        else:
            _tell(request, said, report, undo=_UNDOES.get(do))
            return _go_on(number if do in _STAYS else following)
    before, after = _neighbours(report)
    context = {
        **_facts(console, report),
        "before": before,
        "after": after,
        "typed": typed,
        "refusal": refusal,
    }
    status = 422 if refusal else 200
    return show(request, console, "console/triage_report.html", context, status=status)


def _tell(request: HttpRequest, said: str, report: Report, *, undo: str | None) -> None:
    if undo is None:
        messages.success(request, said)
    else:
        url = reverse("admin:tickets_triage_report", args=[report.number])
        offer_undo(request, said, url=url, do=undo)


def _facts(console: Console, report: Report) -> dict[str, Any]:
    entries = timeline_of(report=report, public_only=False)
    triage = Triage.objects.filter(report=report).first()
    is_spam = triage is not None and triage.kind == Kind.SPAM
    return {
        "title": f"#{report.number}",
        "crumb": ("/console/triage/", "Triage"),
        "report": report,
        "triage": triage,
        "alert": Alert.objects.filter(report=report).select_related("acknowledged_by").first(),
        "files": list(report.attachments.all()),
        "signals": list(report.signals.all()),
        "answers": answers_of([report]),
        "mails": mails_behind([report]),
        "related": shipped_before(report),
        "same": _same(console, report),
        "joinable": JOINABLE,
        "said": [entry for entry in entries if entry.comment],
        "clocks": clocks_of(report, console.now),
        "answer": answer_to(report, console.now),
        "decidable": report.state in (ReportState.PROPOSED, ReportState.ASKED),
        "kinds": Kind.choices,
        "severities": Severity.choices,
        "reasons": DeclineReason.choices,
        "usual_reason": DeclineReason.SPAM if is_spam else "",
        "macros": filled_macros(report, report),
    }


def _same(console: Console, report: Report) -> list[Suggestion]:
    return suggest_tickets(
        console.user, client_id=report.client_id, report=report, most=MOST_SAME, now=console.now
    )


def _neighbours(report: Report) -> tuple[int | None, int | None]:
    """Give the numbers of the reports before and after this one in the inbox."""
    waiting = triage_inbox().filter(state__in=_TO_DECIDE)
    numbers = list(waiting.values_list("pk", flat=True)[: MOST_ROWS * 5])
    if report.pk not in numbers:
        return None, next(iter(numbers), None)
    place = numbers.index(report.pk)
    before = numbers[place - 1] if place else None
    after = numbers[place + 1] if place + 1 < len(numbers) else None
    return before, after or before


def _go_on(number: int | None) -> HttpResponseBase:
    if number is None:
        return redirect("admin:tickets_triage")
    return redirect("admin:tickets_triage_report", number=number)


def _accept(request: HttpRequest, console: Console, report: Report) -> str:
    data = request.POST
    ticket = actions.accept_report(
        report_id=report.pk,
        kind=data.get("kind", ""),
        severity=data.get("severity", ""),
        title=data.get("title", ""),
        estimate_minutes=whole_or_none(data, "estimate_minutes"),
        actor=console.user,
        now=console.now,
    )
    return f"#{ticket.number} is in the queue as {ticket.priority}: {ticket.title}"


def _join(request: HttpRequest, console: Console, report: Report) -> str:
    ticket = actions.join_report(
        report_id=report.pk,
        number=whole(request.POST, "number"),
        actor=console.user,
        now=console.now,
    )
    return f"#{report.number} joined #{ticket.number}, which reaches {ticket.reach} now."


def _decline(request: HttpRequest, console: Console, report: Report) -> str:
    actions.decline_report(
        report_id=report.pk,
        reason=request.POST.get("reason", ""),
        message=request.POST.get("message", ""),
        actor=console.user,
        now=console.now,
    )
    return f"#{report.number} is declined."


def _ask(request: HttpRequest, console: Console, report: Report) -> str:
    actions.ask_reporter(
        report_id=report.pk,
        question=request.POST.get("question", ""),
        actor=console.user,
        now=console.now,
    )
    return f"Asked about #{report.number}. It comes back with the answer."


def _reconsider(request: HttpRequest, console: Console, report: Report) -> str:
    actions.reconsider_report(report_id=report.pk, actor=console.user, now=console.now)
    return f"#{report.number} is back in triage."


def _split(request: HttpRequest, console: Console, report: Report) -> str:
    actions.split_report(report_id=report.pk, actor=console.user, now=console.now)
    return f"#{report.number} is back in triage."


def _acknowledge(request: HttpRequest, console: Console, report: Report) -> str:
    alert = Alert.objects.filter(report=report).first()
    if alert is None:
        raise InvalidInput(f"#{report.number} raised no alert.")
    actions.acknowledge_alert(alert_id=alert.pk, actor=console.user, now=console.now)
    return f"The alert of #{report.number} is yours; nobody else is woken."


def _propose(request: HttpRequest, console: Console, report: Report) -> str:
    actions.propose_triage(report_id=report.pk, now=console.now)
    return f"#{report.number} has its proposal."


_DECISIONS: dict[str, Callable[[HttpRequest, Console, Report], str]] = {
    "accept": _accept,
    "join": _join,
    "decline": _decline,
    "ask": _ask,
    "reconsider": _reconsider,
    "split": _split,
    "acknowledge": _acknowledge,
    "propose": _propose,
}
_UNDOES = {"decline": "reconsider", "join": "split"}
_STAYS = frozenset({"reconsider", "split", "acknowledge", "propose"})


def _accept_many(request: HttpRequest, console: Console) -> None:
    numbers = [n for n in request.POST.getlist("report")[:MOST_ROWS] if n.isascii() and n.isdigit()]
    accepted, refused = 0, []
    for number in numbers:
        try:
            report = get_report_for(console.user, int(number[:18]))
            if Triage.objects.filter(report=report, kind=Kind.SPAM).exists():
                refused.append(f"#{number} looks like spam: judge it by itself.")
                continue
            actions.accept_report(report_id=report.pk, actor=console.user, now=console.now)
            accepted += 1
        except Report.DoesNotExist:
            refused.append(f"#{number}: there is no such report.")
        except Refused as refusal:
            refused.append(refusal.message)
    if not numbers:
        messages.warning(request, "Choose the reports to accept first.")
    if accepted:
        messages.success(request, f"Accepted {accepted} as proposed.")
    if refused:
        shown = " ".join(refused[:5])
        messages.error(request, f"{len(refused)} could not be accepted: {shown}")


@console_page("alert.acknowledge")
def acknowledge(request: HttpRequest, console: Console, number: int) -> HttpResponseBase:
    """Take an alert on oneself, from the dashboard."""
    report = get_report_for(console.user, number)
    if request.method == "POST":
        with refusals_as_messages(request):
            messages.success(request, _acknowledge(request, console, report))
    return redirect("admin:tickets_triage_report", number=number)
