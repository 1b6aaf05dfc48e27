from datetime import datetime

from core.queue import enqueue
from tickets.models import Report, Sighting, Signal, Source, Ticket
from tickets.rules.outbreaks import SHARED_KINDS, shared_value


def move_sightings(source: Ticket, target: Ticket) -> None:
    """Know a locked ticket by what one that becomes part of it is known by, too."""
    Sighting.objects.bulk_create(
        [
            Sighting(ticket=target, kind=each.kind, value=each.value, seen_at=each.seen_at)
            for each in source.sightings.order_by("kind", "value")
        ],
        ignore_conflicts=True,
    )
    enqueue("tickets.tasks.detect_outbreaks")


def recount_sightings(ticket: Ticket) -> None:
    """Forget of a locked ticket what none of its reports tells of any more."""
    signals = Signal.objects.filter(report__ticket=ticket, kind__in=SHARED_KINDS)
    facts = {
        (kind, shared_value(kind, value)) for kind, value in signals.values_list("kind", "value")
    }
    known = ticket.sightings.all()
    stale = [each.pk for each in known if (each.kind, each.value) not in facts]
    known.filter(pk__in=stale).delete()


def keep_sightings(report: Report, ticket: Ticket, *, now: datetime) -> None:
    """Keep by what a report's problem is known elsewhere, with the locked ticket it is now part of.

    What is new is compared with other clients' tickets in the background: that locks tickets of
    theirs. An import is old news, and is only found by others.
    """
    facts = {
        (signal.kind, value)
        for signal in report.signals.filter(kind__in=SHARED_KINDS)
        if (value := shared_value(signal.kind, signal.value))
    }
    if not facts:
        return
    known = {
        (sighting.kind, sighting.value): sighting.seen_at
        for sighting in ticket.sightings.filter(value__in=[value for _, value in facts])
    }
    is_news = report.source != Source.IMPORT
    Sighting.objects.bulk_create(
        [
            Sighting(
                ticket=ticket,
                kind=kind,
                value=value,
                seen_at=max(report.received_at, known.get((kind, value), report.received_at)),
                checked_at=None if is_news else now,
            )
            for kind, value in sorted(facts)
        ],
        update_conflicts=True,
        unique_fields=["ticket", "kind", "value"],
        update_fields=["seen_at", "checked_at"],
    )
    if is_news:
        enqueue("tickets.tasks.detect_outbreaks")
