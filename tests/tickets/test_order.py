"""What the order of work begins with."""

from datetime import datetime, timedelta

from clients.actions import publish_calendar_version
from clients.models import Calendar, Project, User
from clients.rules.calendars import office_hours
from tickets.models import QueuePlan
from tickets.queries.takers import taker_of


def test_what_was_to_spare_by_other_hours_is_not_believed(
    project: Project, engineer: User, now: datetime
) -> None:
    then = now + timedelta(minutes=2)
    QueuePlan.objects.create(pk=1, spare_minutes=600, simulated_at=then)
    plan = taker_of(engineer).plan
    assert plan is not None and plan.simulated_at == then
    later = then + timedelta(minutes=2)
    house = Calendar.objects.get(is_house=True)
    publish_calendar_version(
        calendar_id=house.pk, hours=office_hours("Asia/Tokyo"), actor=None, now=later
    )
    plan = taker_of(engineer).plan
    assert plan is not None and plan.simulated_at is None
    QueuePlan.objects.update(simulated_at=later + timedelta(minutes=2))
    plan = taker_of(engineer).plan
    assert plan is not None and plan.simulated_at is not None
