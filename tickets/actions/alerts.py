"""Somebody hears it: an S1 wakes the engineer on call, then the client's lead."""

from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction

from clients.actions.events import record as record_ours
from clients.models import ClientEventKind, User
from clients.queries import house_role, staff
from clients.rules.roles import require
from core.actions import queue_mail, queue_webhook
from core.errors import InvalidInput, MoveRefused
from core.text import one_line
from tickets.actions.events import record
from tickets.models import Alert, OnCallShift, Report, TicketEventKind
from tickets.queries.access import role_of
from tickets.queries.alerts import now_on_call
from tickets.queries.people import ops_admins


def raise_alert(*, report: Report, now: datetime) -> Alert:
    """Alert whoever is on call about an S1, once a report, in the caller's transaction.

    With nobody on the rota every ops admin and the client's lead hear it instead.
    """
    alert, is_new = Alert.objects.get_or_create(
        report=report,
        defaults={
            "client_id": report.client_id,
            "raised_at": now,
            "escalate_at": now + timedelta(minutes=settings.ALERT_ESCALATION_MINUTES),
        },
    )
    if is_new:
        record(report, TicketEventKind.ALERT_RAISED, actor=None, at=now, alert=alert)
        people = list(now_on_call(now)) or _fallback(report)
        _tell(alert, people, f"S1 #{report.number} for {report.client.name}", now)
    return alert


@transaction.atomic
def acknowledge_alert(*, alert_id: int, actor: User, now: datetime) -> Alert:
    """Take an alert on oneself; nobody else is woken. Raises MoveRefused if somebody has."""
    alert = Alert.objects.select_for_update(no_key=True).get(pk=alert_id)
    require(role_of(actor, alert.client_id), "alert.acknowledge")
    if alert.acknowledged_at:
        raise MoveRefused(f"{alert.acknowledged_by} has acknowledged this alert.")
    _acknowledge(alert, actor, now)
    return alert


def acknowledge_alert_of(*, report: Report, actor: User | None, now: datetime) -> None:
    """Whoever judges a report has heard its alert (in the caller's transaction)."""
    if actor is None:
        return
    alerts = Alert.objects.select_for_update(no_key=True)
    alert = alerts.filter(report=report, acknowledged_at=None).first()
    if alert:
        _acknowledge(alert, actor, now)


@transaction.atomic
def escalate_alert(*, alert_id: int, now: datetime) -> bool:
    """Tell the client's lead of an alert nobody acknowledged in time; gives whether it did.

    Once only. Without a lead every ops admin hears it.
    """
    alert = (
        Alert.objects.select_for_update(no_key=True)
        .filter(pk=alert_id, acknowledged_at=None, escalated_at=None, escalate_at__lte=now)
        .first()
    )
    if alert is None:
        return False
    alert.escalated_at = now
    alert.save(update_fields=["escalated_at"])
    record(alert.report, TicketEventKind.ALERT_ESCALATED, actor=None, at=now, alert=alert)
    lead = alert.client.lead
    people = [lead] if lead and lead.staff_role else ops_admins()
    _tell(alert, people, f"Unacknowledged S1 #{alert.report_id} for {alert.client.name}", now)
    return True


@transaction.atomic
def add_shift(
    *, engineer_id: int, starts_at: datetime, ends_at: datetime, actor: User | None, now: datetime
) -> OnCallShift:
    """Put an engineer on the rota. Raises InvalidInput unless it ends after it starts."""
    require(house_role(actor), "rota.manage")
    engineer = staff().filter(pk=engineer_id).first()
    if engineer is None:
        raise InvalidInput("Choose somebody of the staff.", field="engineer")
    if ends_at <= starts_at:
        raise InvalidInput("A shift ends after it starts.", field="ends_at")
    shift = OnCallShift.objects.create(engineer=engineer, starts_at=starts_at, ends_at=ends_at)
    _record_shift(ClientEventKind.SHIFT_ADDED, shift, actor, now)
    return shift


@transaction.atomic
def end_shift(*, shift_id: int, actor: User | None, now: datetime) -> None:
    """Take a coming shift off the rota, or end a running one now.

    Raises MoveRefused for a past one.
    """
    require(house_role(actor), "rota.manage")
    shift = OnCallShift.objects.select_for_update().get(pk=shift_id)
    if shift.ends_at <= now:
        raise MoveRefused("This shift is over.")
    if shift.starts_at >= now:
        shift.delete()
    else:
        shift.ends_at = now
        shift.save(update_fields=["ends_at"])
    _record_shift(ClientEventKind.SHIFT_ENDED, shift, actor, now)


def _record_shift(
    kind: ClientEventKind, shift: OnCallShift, actor: User | None, now: datetime
) -> None:
    span = {"from": shift.starts_at.isoformat(), "to": shift.ends_at.isoformat()}
    record_ours(kind, actor=actor, at=now, user=shift.engineer, data=span)


def _acknowledge(alert: Alert, actor: User, now: datetime) -> None:
    alert.acknowledged_at, alert.acknowledged_by = now, actor
    alert.save(update_fields=["acknowledged_at", "acknowledged_by"])
    record(alert.report, TicketEventKind.ALERT_ACKNOWLEDGED, actor=actor, at=now, alert=alert)


def _fallback(report: Report) -> list[User]:
    lead = report.client.lead
    people = {person.pk: person for person in ops_admins()}
    if lead and lead.staff_role:
        people[lead.pk] = lead
    return list(people.values())


def _tell(alert: Alert, people: list[User], subject: str, now: datetime) -> None:
    report = alert.report
    link = f"{settings.SITE_URL}{settings.CONSOLE_PREFIX}triage/{report.number}/"
    text = (
        f"{report.project.name}: {one_line(report.headline)}\n\n"
        f"Received {report.received_at:%Y-%m-%d %H:%M} UTC. Read and acknowledge it: {link}"
    )
    reference = f"alert:{alert.pk}"
    for person in people:
        queue_mail(to=person.email, subject=subject, text=text, now=now, reference=reference)
    if settings.ALERT_WEBHOOK_URL:
        queue_webhook(subject=subject, text=text, now=now, reference=reference)
