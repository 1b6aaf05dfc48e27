from datetime import timedelta

from django.utils import timezone

from tickets import actions
from tickets.models import Alert, Report, TicketEvent, TicketEventKind
from tickets.rules.states import ReportState

SWEEP_BATCH = 200


def propose_triage(report_id: int) -> None:
    """Triage a report that just arrived."""
    actions.propose_triage(report_id=report_id, now=timezone.now())


def triage_waiting() -> None:
    """Triage what a lost nudge left behind."""
    waiting = Report.objects.filter(state=ReportState.RECEIVED).order_by("received_at")
    while ids := list(waiting.values_list("pk", flat=True)[:SWEEP_BATCH]):
        for report_id in ids:
            actions.propose_triage(report_id=report_id, now=timezone.now())


def ask_reporters(event_id: int) -> None:
    """Ask the reporters of a shipped ticket whether it works for them."""
    actions.ask_reporters(event_id=event_id, now=timezone.now())


def ask_for_recent_ships() -> None:
    """Ask for the last two days' shipped tickets whose nudge was lost; nobody is asked twice."""
    since = timezone.now() - timedelta(days=2)
    shipped = TicketEvent.objects.filter(kind=TicketEventKind.TICKET_SHIPPED, at__gte=since)
    for event_id in shipped.values_list("pk", flat=True):
        ask_reporters(event_id)


def escalate_alerts() -> None:
    """Tell the leads of alerts nobody acknowledged in time."""
    now = timezone.now()
    due = Alert.objects.filter(acknowledged_at=None, escalated_at=None, escalate_at__lte=now)
    for alert_id in due.values_list("pk", flat=True):
        actions.escalate_alert(alert_id=alert_id, now=now)


def sweep_loose_attachments() -> None:
    """Drop uploads nobody tied to anything."""
    actions.sweep_loose_attachments(now=timezone.now())
