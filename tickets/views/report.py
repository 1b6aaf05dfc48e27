from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods, require_safe

from clients.answer_forms import AnswersForm
from clients.portal import Portal, add_refusal, number_of, portal_page, show
from clients.queries import client_projects, form_of
from core.errors import InvalidInput, MoveRefused, Refused
from core.limits import check_limit
from tickets.actions import Sender, join_own_report, propose_triage, receive_report
from tickets.forms import ReportForm
from tickets.models import Report, Source, Ticket
from tickets.views.uploads import kept_files, store_files

REPORTS_AN_HOUR = 60
SESSION_SENT = "portal_sent"
SESSION_JOINED = "portal_joined"


@require_http_methods(["GET", "HEAD", "POST"])
@portal_page
def report_new(request: HttpRequest, portal: Portal) -> HttpResponseBase:
    """Take a problem in under a minute; one text is enough."""
    if not portal.may_report:
        raise PermissionDenied
    projects = client_projects(portal.client.pk)
    if request.method == "POST":
        form = ReportForm(request.POST, request.FILES, projects=projects)
        answers = _answers(request, form)
        # Both are judged, so that all that is wrong shows at once.
        judged = [form.is_valid(), answers is None or answers.is_valid()]
        report = _receive(request, portal, form, answers) if all(judged) else None
        if report:
            if joined := _join(request, portal, report):
                request.session[SESSION_JOINED] = report.project_id
                return redirect("ticket_detail", number=joined.number)
            request.session[SESSION_SENT] = report.number
            return redirect("report_detail", number=report.number)
    else:
        form = ReportForm(projects=projects, initial=_initial(request))
        answers = _answers(request, form)

    context = {"nav": "report", "form": form, "answers": answers, "kept": kept_files(portal, form)}
    failed = form.errors or (answers and answers.errors)
    return show(request, portal, "portal/report.html", context, status=422 if failed else 200)


@require_safe
@portal_page
def report_questions(request: HttpRequest, portal: Portal) -> HttpResponseBase:
    """Give the questions of the app that was chosen."""
    form = ReportForm(projects=client_projects(portal.client.pk), initial=_initial(request))
    context = {"answers": _answers(request, form)}
    return show(request, portal, "portal/parts/questions.html", context)


def _answers(request: HttpRequest, form: ReportForm) -> AnswersForm | None:
    """Give the questions of the chosen app; None where none is chosen, or it asks nothing."""
    chosen = number_of(str(form["project"].value() or ""))
    asked = form_of(chosen) if chosen in {project.pk for project in form.projects} else None
    if asked is None or not asked.asked:
        return None
    return AnswersForm(request.POST if form.is_bound else None, questions=asked.questions)


def _join(request: HttpRequest, portal: Portal, report: Report) -> Ticket | None:
    """Join the ticket the person chose; gives None where they chose none, or it is refused.

    The report is stored by then, so a refusal loses nothing: it goes the usual way.
    """
    number = number_of(request.POST.get("join"))
    if not number:
        return None
    try:
        ticket = join_own_report(
            report_id=report.pk, number=number, actor=portal.user, now=portal.now
        )
    except (InvalidInput, MoveRefused) as refusal:
        messages.warning(request, f"{refusal.message} Your report came in as one of its own.")
        return None
    messages.success(request, f"You are added to #{ticket.number}, with what you wrote.")
    return ticket


def _initial(request: HttpRequest) -> dict[str, Any]:
    """Let a link open the form for one app or page: ?project=…&page_url=…"""
    return {
        name: request.GET[name][:2000] for name in ("project", "page_url") if name in request.GET
    }


def _receive(
    request: HttpRequest, portal: Portal, form: ReportForm, answers: AnswersForm | None
) -> Report | None:
    """Store the report; gives None with the refusal on the form."""
    data = form.cleaned_data
    try:
        check_limit(
            "portal.report", str(portal.user.pk), most=REPORTS_AN_HOUR, seconds=3600, now=portal.now
        )
        report, _ = receive_report(
            project_id=int(data["project"]),
            source=Source.PORTAL,
            # Pressing twice, or sending again after a lost answer, makes one report.
            source_key=f"{portal.user.pk}:{data['form_key']}" if data["form_key"] else "",
            text=data["text"],
            page_url=data["page_url"],
            user_agent=request.headers.get("User-Agent", ""),
            device=data["device"],
            claimed_severity=data["claimed_severity"],
            sender=Sender(user=portal.user),
            answers=answers.given if answers else None,
            attachment_ids=store_files(portal, form),
            actor=portal.user,
            now=portal.now,
        )
    except Refused as refusal:
        add_refusal(form, refusal)
        return None
    # The worker would do the same in a moment; so the next page says by when we really answer.
    propose_triage(report_id=report.pk, now=portal.now)
    return report
