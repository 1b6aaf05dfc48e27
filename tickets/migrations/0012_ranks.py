from django.conf import settings
from django.db import migrations

from clients.rules.calendars import office_hours
from core.calendars import Calendar
from tickets.rules.queue.rank import business_days, rank_of
from tickets.rules.words import Priority

_OPEN = ["queued", "in_progress", "waiting", "in_review"]


def fill(apps, schema_editor):
    """Rank what is open; a ticket that is reopened is ranked then."""
    tickets = apps.get_model("tickets", "Ticket")
    calendar = Calendar.of(office_hours(settings.OFFICE_TIME_ZONE))
    batch = []
    for ticket in tickets.objects.filter(state__in=_OPEN).iterator(chunk_size=2000):
        days = business_days(calendar, ticket.received_at)
        ticket.rank = rank_of(Priority(ticket.priority), ticket.reach, days)
        batch.append(ticket)
        if len(batch) == 2000:
            tickets.objects.bulk_update(batch, ["rank"])
            batch.clear()
    tickets.objects.bulk_update(batch, ["rank"])


class Migration(migrations.Migration):
    # In pieces: the queue is worked on meanwhile.
    atomic = False

    dependencies = [("tickets", "0011_queue_engine")]

    operations = [migrations.RunPython(fill, migrations.RunPython.noop)]
