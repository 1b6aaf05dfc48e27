"""What happened cannot be made unhappened, nor can a row hold half a state."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import DatabaseError, IntegrityError, models, transaction

from clients.models import (
    ApiKey,
    ClientEvent,
    Invitation,
    Member,
    PlanVersion,
    Project,
    Retainer,
    SlaTarget,
    User,
)
from core.models import EventRow
from tests import factories
from tickets.models import (
    Alert,
    Attachment,
    Comment,
    FixCheck,
    OnCallShift,
    Report,
    Ticket,
    TicketEvent,
    TimeEntry,
    Triage,
)


@pytest.mark.parametrize("model", [ClientEvent, TicketEvent])
def test_event_rows_refuse_every_change(
    project: Project, engineer: User, model: type[EventRow]
) -> None:
    factories.make_ticket(project=project, engineer=engineer)
    rows = model._default_manager.all()
    assert rows.count()
    for change in (
        lambda: rows.update(data={"x": 1}),
        lambda: rows.update(actor_user=None),
        lambda: rows._raw_delete("default"),
        lambda: rows.latest("pk").save(),
    ):
        with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
            change()


def test_every_event_row_model_is_append_only_in_the_database(db: None) -> None:
    from django.apps import apps
    from django.db import connection

    tables = {model._meta.db_table for model in apps.get_models() if issubclass(model, EventRow)}
    assert len(tables) >= 2
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT event_object_table, event_manipulation FROM information_schema.triggers "
            "WHERE trigger_name LIKE '%%append_only'"
        )
        guarded = set(cursor.fetchall())
    assert {(table, verb) for table in tables for verb in ("UPDATE", "DELETE")} <= guarded


def _refused(rows: "models.QuerySet[Any]", **change: Any) -> None:
    assert rows.exists()
    with pytest.raises(IntegrityError), transaction.atomic():
        rows.update(**change)


def test_a_report_is_never_half_judged(project: Project, now: datetime) -> None:
    report = Report.objects.filter(pk=factories.make_triaged_report(project, now=now).pk)
    ticket = factories.make_ticket(project=project, now=now)
    _refused(report, state="accepted")
    _refused(report, state="duplicate")
    _refused(report, ticket=ticket)
    _refused(report, state="declined")
    _refused(report, decline_reason="spam")
    _refused(Triage.objects.filter(report__in=report), decided_at=now)


def test_a_ticket_is_never_half_shipped_or_worked_by_nobody(
    project: Project, engineer: User, now: datetime
) -> None:
    ticket = factories.make_ticket(project=project, engineer=engineer, now=now)
    rows = Ticket.objects.filter(pk=ticket.pk)
    for state in ("shipped", "verified", "in_progress", "in_review"):
        _refused(rows, state=state)
    _refused(rows, shipped_at=now)
    _refused(rows, received_at=now + timedelta(days=1))
    other = factories.make_ticket(project=project, engineer=engineer, now=now)
    _refused(rows, number=other.number)
    shipped = factories.make_ticket(project=project, state="shipped", email="r@x.test", now=now)
    _refused(Ticket.objects.filter(pk=shipped.pk), shipped_at=None)
    check = FixCheck.objects.filter(ticket=shipped)
    _refused(check, state="works")
    _refused(check, answered_at=now)


def test_nothing_hangs_on_two_things_or_on_nobody(
    project: Project, engineer: User, now: datetime
) -> None:
    from tickets import actions
    from tickets.actions.alerts import raise_alert

    ticket = factories.make_ticket(project=project, engineer=engineer, now=now)
    report = factories.make_triaged_report(project, now=now)
    comment = actions.reply_to_ticket(ticket_id=ticket.pk, body="Hi", actor=engineer, now=now)
    _refused(Comment.objects.filter(pk=comment.pk), report=report)
    _refused(Comment.objects.filter(pk=comment.pk), ticket=None)
    _refused(Comment.objects.filter(pk=comment.pk), by_staff=False, visibility="internal")
    file = factories.make_attachment(actor=engineer, now=now)
    _refused(Attachment.objects.filter(pk=file.pk), report=report, comment=comment)
    entry = actions.log_time(ticket_id=ticket.pk, minutes=5, actor=engineer, now=now)
    _refused(TimeEntry.objects.filter(pk=entry.pk), minutes=0)
    _refused(TimeEntry.objects.filter(pk=entry.pk), minutes=1441)
    alert = raise_alert(report=report, now=now)
    _refused(Alert.objects.filter(pk=alert.pk), acknowledged_at=now)
    shift = factories.make_shift(engineer=engineer, now=now)
    _refused(OnCallShift.objects.filter(pk=shift.pk), ends_at=shift.starts_at)


def test_accounts_and_terms_are_never_half_set(
    project: Project, alice: User, engineer: User, api_key: ApiKey, now: datetime
) -> None:
    client = project.client
    factories.make_invitation(client=client, email="x@y.test", now=now)
    invitation = Invitation.objects.filter(email="x@y.test")
    _refused(invitation, state="accepted")
    _refused(invitation, closed_at=now)
    _refused(Member.objects.filter(user=alice), role="engineer")
    retainer = Retainer.objects.filter(client=client)
    _refused(retainer, state="ended")
    _refused(retainer, ended_at=now)
    _refused(retainer, started_at=None)
    with pytest.raises(IntegrityError), transaction.atomic():
        Retainer.objects.create(
            client=client, plan_version=retainer.get().plan_version, created_at=now
        )
    _refused(PlanVersion.objects.all(), price_amount=-1)
    _refused(PlanVersion.objects.all(), price_currency="eur")
    _refused(SlaTarget.objects.filter(priority="P1"), resolution_minutes=1)
    _refused(ApiKey.objects.filter(pk=api_key.pk), scopes=["everything"])
    with pytest.raises(IntegrityError), transaction.atomic():
        User.objects.create(email="ALICE@acme.test")
