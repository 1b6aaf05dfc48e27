"""Calendars: which there are, and one with its versions, its coming weeks and its editor."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect

from clients import actions
from clients.admin.calendar_forms import (
    Draft,
    HoursForm,
    empty_form,
    filled_form,
    read_form,
    read_start,
    typed_form,
)
from clients.admin.calendar_weeks import drawn_weeks, hours_at
from clients.admin.events import history_page
from clients.console import Console, console_page, show, show_part
from clients.forms import time_zone_choices
from clients.models import Calendar, CalendarVersion
from clients.queries import all_calendars, calendar_history, plans_by_calendar
from clients.rules.calendars import MOST_EXCEPTIONS, WEEKDAYS, day_in_words, week_in_words
from clients.rules.public_holidays import coming_holidays, countries, subdivisions
from core import calendars
from core.errors import NotAllowed, Refused

_VERSIONS_SHOWN = 50


@console_page("client.read")
def calendars_page(request: HttpRequest, console: Console) -> HttpResponseBase:
    """List the calendars with the hours they have and will have."""
    plans = plans_by_calendar()
    rows = [
        {
            "calendar": calendar,
            "now": Version.of(valid),
            "next": [Version.of(each) for each in versions if each.valid_from > console.now],
            "plans": plans.get(calendar.pk, []),
        }
        for calendar in all_calendars()
        for versions in [list(calendar.versions.all())]
        for valid in [_valid(versions, console.now)]
    ]
    context = {
        "title": "Calendars",
        "rows": rows,
        "may_publish": console.may("calendar.publish"),
        **history_page(request, calendar_history()),
    }
    return show(request, console, "console/calendars.html", context)


@console_page("calendar.publish")
def new_calendar_page(request: HttpRequest, console: Console) -> HttpResponseBase:
    """Make a calendar, with a look at what it means first."""
    return _editor(request, console, None)


@console_page("client.read")
def calendar_page(request: HttpRequest, console: Console, pk: int) -> HttpResponseBase:
    """Show a calendar; publish new hours of it, with a look at what they mean first."""
    return _editor(request, console, all_calendars().get(pk=pk))


@dataclass(frozen=True)
class Version:
    """A version with its hours in words."""

    row: CalendarVersion
    week: str
    place: str
    exceptions: int

    @classmethod
    def of(cls, row: CalendarVersion) -> "Version":
        """Put a version into words."""
        part = subdivisions(row.country).get(row.subdivision, "")
        country = countries().get(row.country, row.country)
        return cls(
            row,
            week_in_words(row.hours.week),
            f"{part}, {country}" if part else country,
            len(row.exceptions),
        )


def _valid(versions: list[CalendarVersion], now: datetime) -> CalendarVersion:
    """Give the version that holds now, of all, newest first."""
    return next((each for each in versions if each.valid_from <= now), versions[-1])


def _editor(request: HttpRequest, console: Console, calendar: Calendar | None) -> HttpResponseBase:
    versions = list(calendar.versions.all()) if calendar else []
    form, draft, start, refusal = _form(console, versions), None, None, None
    if request.method == "POST":
        form = typed_form(request.POST)
        try:
            if not console.may("calendar.publish"):
                raise NotAllowed
            draft, start = read_form(request.POST), _start(console, form)
            if request.POST.get("do") != "preview":
                return _publish(request, console, calendar, draft, start)
            actions.check_calendar(
                hours=draft.hours,
                notes=draft.notes,
                calendar_id=calendar.pk if calendar else None,
                valid_from=start or console.now,
                now=console.now,
            )
        except Refused as refused:
            refusal = refused
    context = {
        "calendar": calendar,
        "form": form,
        "refusal": refusal,
        "is_draft": draft is not None and not refusal,
        **_choices(form),
        **_preview(console, versions, None if refusal else draft, start),
    }
    if request.headers.get("HX-Request"):
        return show_part(request, console, "console/parts/calendar_preview.html", context)
    context |= {
        "title": calendar.name if calendar else "New calendar",
        "crumb": ("/console/calendars/", "Calendars"),
        "versions": [Version.of(each) for each in versions[:_VERSIONS_SHOWN]],
        "valid": _valid(versions, console.now) if versions else None,
        "plans": plans_by_calendar().get(calendar.pk, []) if calendar else [],
        "may_publish": console.may("calendar.publish"),
    }
    status = refusal.status if refusal else 200
    return show(request, console, "console/calendar.html", context, status=status)


def _start(console: Console, form: HoursForm) -> datetime | None:
    return read_start(form.valid_from, ZoneInfo(console.user.time_zone))


def _publish(
    request: HttpRequest,
    console: Console,
    calendar: Calendar | None,
    draft: Draft,
    start: datetime | None,
) -> HttpResponseBase:
    terms: dict[str, Any] = {
        "hours": draft.hours, "notes": draft.notes, "actor": console.user, "now": console.now,
    }  # fmt: skip
    if calendar is None:
        made = actions.create_calendar(name=request.POST.get("name", ""), **terms)
        messages.success(request, f"{made} can be chosen for plans and engineers.")
        return redirect("admin:clients_calendar", pk=made.pk)
    version = actions.publish_calendar_version(calendar_id=calendar.pk, valid_from=start, **terms)
    messages.success(request, f"{version} is published. What was counted so far stays.")
    return redirect("admin:clients_calendar", pk=calendar.pk)


def _form(console: Console, versions: list[CalendarVersion]) -> HoursForm:
    if not versions:
        return empty_form(console.user.time_zone)
    zone = ZoneInfo(versions[0].time_zone)
    return filled_form(versions[0], console.now.astimezone(zone).date())


def _choices(form: HoursForm) -> dict[str, Any]:
    zones = time_zone_choices()
    known = {name for _, group in zones for name, _ in group}
    return {
        "week": list(zip(WEEKDAYS, form.week, strict=True)),
        "zones": zones,
        "other_zone": form.time_zone if form.time_zone not in known else "",
        "countries": countries(),
        "subdivisions": subdivisions(form.country),
        "most_exceptions": MOST_EXCEPTIONS,
    }


def _preview(
    console: Console,
    versions: list[CalendarVersion],
    draft: Draft | None,
    start: datetime | None,
) -> dict[str, Any]:
    """Give the coming weeks as published, or as they would be with what was typed."""
    published = [(each.valid_from, each.hours) for each in reversed(versions)]
    begin = max(start or console.now, console.now)
    notes = _notes(versions)
    if draft:
        published.append((begin if published else console.now, draft.hours))
        notes |= draft.notes
    if not published:
        return {}
    calendar = calendars.Calendar(tuple(published))
    last = calendar.versions[-1][1]
    shown_from = begin if draft else console.now
    hours = last if draft else hours_at(calendar, console.now)
    today = shown_from.astimezone(ZoneInfo(hours.zone)).date()
    return {
        "weeks": drawn_weeks(calendar, notes, shown_from, console.now),
        "zone": last.zone,
        "weekdays": [name[:3] for name in WEEKDAYS],
        "differing": [
            (day, day_in_words(intervals), notes.get(day, ""))
            for day, intervals in sorted(hours.exceptions)
            if day >= today
        ],
        "holidays": [
            (day, name, not hours.week[day.weekday()], day in dict(hours.exceptions))
            for day, name in coming_holidays(hours.country, hours.subdivision, today)
        ],
    }


def _notes(versions: list[CalendarVersion]) -> dict[date, str]:
    """Say what the differing days of the newest versions are for."""
    return {
        date.fromisoformat(day): note
        for version in reversed(versions[:3])
        for day, _, note in version.exceptions
    }
