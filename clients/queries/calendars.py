"""Calendars as arithmetic takes them. They are few and never change but by a new version, so each
process keeps them all, and looks before each use whether there is a version it does not know."""

from collections.abc import Mapping
from dataclasses import dataclass

from django.db.models import Exists, OuterRef, Prefetch, QuerySet

from clients.models import Calendar, CalendarVersion, PlanVersion, SlaTarget
from core import calendars
from core.statements import fetch_row

# Versions are only ever added.
CALENDAR_VERSIONS = "(SELECT count(*) FROM clients_calendarversion)"
# What changes with every version. The newest number alone is not enough: of two versions published
# at the same time the later number may be seen first.
CALENDAR_MARK = "(SELECT count(*) || ':' || coalesce(max(id), 0) FROM clients_calendarversion)"


@dataclass(frozen=True)
class Calendars:
    """All calendars, as they are with the versions of a mark."""

    mark: str
    house: calendars.Calendar
    by_pk: Mapping[int, calendars.Calendar]

    @property
    def versions(self) -> int:
        """Count the versions: what was counted by fewer may be another by these."""
        return int(self.mark.split(":")[0])


_known: Calendars | None = None


def house_calendar() -> calendars.Calendar:
    """Give our own calendar: what engineers work by, and what waiting is counted in."""
    return known_calendars().house


def calendar_of(calendar_id: int | None) -> calendars.Calendar:
    """Give a calendar with all its versions; the house's for None. Raises KeyError."""
    known = known_calendars()
    return known.house if calendar_id is None else known.by_pk[calendar_id]


def known_calendars(mark: str = "") -> Calendars:
    """Give all calendars as of now; one query, or none if a ``mark`` just read is theirs."""
    global _known
    if not mark:
        row = fetch_row(f"SELECT {CALENDAR_MARK}")  # noqa: S608 - from above
        assert row is not None
        mark = row[0]
    known = _known
    if known is None or known.mark != mark:
        known = _known = _load()
    return known


def _load() -> Calendars:
    versions = list(CalendarVersion.objects.select_related("calendar").order_by("version"))
    found: dict[int, list[CalendarVersion]] = {}
    for version in versions:
        found.setdefault(version.calendar_id, []).append(version)
    by_pk = {
        pk: calendars.Calendar(tuple((version.valid_from, version.hours) for version in own))
        for pk, own in found.items()
    }
    house = next(version.calendar_id for version in versions if version.calendar.is_house)
    newest = max(version.pk for version in versions)
    return Calendars(f"{len(versions)}:{newest}", by_pk[house], by_pk)


def all_calendars() -> QuerySet[Calendar]:
    """List the calendars, the house's first, each with its versions, newest first."""
    versions = CalendarVersion.objects.select_related("published_by").order_by("-version")
    return Calendar.objects.prefetch_related(Prefetch("versions", queryset=versions)).order_by(
        "-is_house", "name"
    )


def plans_by_calendar() -> dict[int, list[str]]:
    """Name, for each calendar, the plans whose latest terms count by it."""
    newer = PlanVersion.objects.filter(
        plan=OuterRef("plan_version__plan"), version__gt=OuterRef("plan_version__version")
    )
    rows = (
        SlaTarget.objects.filter(~Exists(newer))
        .values_list("calendar_id", "plan_version__plan__name")
        .order_by("calendar_id", "plan_version__plan__name")
        .distinct()
    )
    found: dict[int, list[str]] = {}
    for calendar_id, plan in rows:
        found.setdefault(calendar_id, []).append(plan)
    return found
