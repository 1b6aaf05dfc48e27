"""Somebody hears it: an S1 wakes the engineer on call, then the client's lead."""

from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Q

from clients.actions.events import record as record_ours
from clients.models import Client, ClientEventKind, User
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

# So many of a client's S1 are told at once each in this time; what comes beyond is gathered.
AT_ONCE = 3
GATHERING = timedelta(minutes=5)
# A mail to the lead names also what falls due in this time: no alert has to wait for the next one.
LEAD_PAUSE = timedelta(minutes=1)
MOST_NAMED = 10


@transaction.atomic
def raise_alert(*, report: Report, now: datetime) -> Alert:
    """Alert whoever is on call about an S1, once a report.

    With nobody on the rota every ops admin and the client's lead hear it instead. While another
    alert of the client is open, one beyond the first three is told as ``tell_alerts`` does.
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
        _lock_flood(report.client_id)
        others = Alert.objects.filter(client_id=report.client_id, acknowledged_at=None)
        if others.exclude(pk=alert.pk).exists():
            tell_alerts(client_id=report.client_id, now=now)
            alert.refresh_from_db(fields=["told_at"])
        else:
            alert.told_at = now
            alert.save(update_fields=["told_at"])
            _tell([alert], _on_call(report, now), "S1", now)
    return alert


@transaction.atomic
def tell_alerts(*, client_id: int, now: datetime) -> int:
    """Tell whoever is on call, in one mail, of all the client's alerts nobody was told of yet.

    None while three were told in the last five minutes; gives of how many. Acknowledged ones need
    not be told.
    """
    _lock_flood(client_id)
    lately = Alert.objects.filter(client_id=client_id, told_at__gt=now - GATHERING)
    if lately.count() >= AT_ONCE:
        return 0
    alerts = _gather(client_id, "told_at", Q(), now)
    if alerts:
        _tell(alerts, _on_call(alerts[0].report, now), "S1" if len(alerts) == 1 else "more S1", now)
    return len(alerts)


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
def escalate_alerts(*, client_id: int, now: datetime) -> int:
    """Tell the client's lead, in one mail, of the alerts nobody acknowledged in time.

    Each alert once; gives of how many. What falls due within a minute comes along, so that one mail
    a minute is enough and none is late. Without a lead every ops admin hears it.
    """
    _lock_flood(client_id)
    waiting = Alert.objects.filter(client_id=client_id, acknowledged_at=None, escalated_at=None)
    if not waiting.filter(escalate_at__lte=now).exists():
        return 0
    alerts = _gather(client_id, "escalated_at", Q(escalate_at__lte=now + LEAD_PAUSE), now)
    for alert in alerts:
        record(alert.report, TicketEventKind.ALERT_ESCALATED, actor=None, at=now, alert=alert)
    if alerts:
        lead = alerts[0].client.lead
        people = [lead] if lead and lead.staff_role else ops_admins()
        _tell(alerts, people, "unacknowledged S1", now)
    return len(alerts)


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


def _lock_flood(client_id: int) -> None:
    """Let one of a client's alerts at a time be told.

    Locked behind a report and its ticket, before further alerts.
    """
    Client.objects.select_for_update(no_key=True).get(pk=client_id)


def _gather(client_id: int, mark: str, due: Q, now: datetime) -> list[Alert]:
    """Lock and mark the client's open alerts that are due and not marked."""
    alerts = Alert.objects.filter(client_id=client_id)
    waiting = alerts.filter(due, acknowledged_at=None, **{mark: None})
    gathered = list(
        waiting.select_for_update(no_key=True, of=("self",))
        .select_related("report__project", "client__lead")
        .order_by("raised_at", "pk")
    )
    alerts.filter(pk__in=[alert.pk for alert in gathered]).update(**{mark: now})
    return gathered


def _on_call(report: Report, now: datetime) -> list[User]:
    """List who is on call, else every ops admin and the client's lead."""
    if on_call := list(now_on_call(now)):
        return on_call
    lead = report.client.lead
    people = {person.pk: person for person in ops_admins()}
    if lead and lead.staff_role:
        people[lead.pk] = lead
    return list(people.values())


def _tell(alerts: list[Alert], people: list[User], what: str, now: datetime) -> None:
    first, console = alerts[0], f"{settings.SITE_URL}{settings.CONSOLE_PREFIX}"
    which = f"{what} #{first.report_id}" if len(alerts) == 1 else f"{len(alerts)} {what}"
    subject = f"{which[0].upper()}{which[1:]} for {first.client.name}"
    text = "\n\n".join(_line(alert.report, console) for alert in alerts[:MOST_NAMED])
    if len(alerts) > MOST_NAMED:
        text += f"\n\nAnd {len(alerts) - MOST_NAMED} more. All of them: {console}?alerts=all"
    reference = f"alert:{first.pk}"
    for person in people:
        queue_mail(to=person.email, subject=subject, notice=text, now=now, reference=reference)
    if settings.ALERT_WEBHOOK_URL:
        queue_webhook(subject=subject, text=text, now=now, reference=reference)


def _line(report: Report, console: str) -> str:
    return (
        f"{report.project.name}: {one_line(report.headline)}\n\n"
        f"Received {report.received_at:%Y-%m-%d %H:%M} UTC. "
        f"Read and acknowledge it: {console}triage/{report.number}/"
    )
