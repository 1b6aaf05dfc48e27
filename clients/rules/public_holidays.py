"""Whose public holidays a calendar can close on, as the library ``holidays`` has them."""

import re
from datetime import date, timedelta
from functools import cache
from itertools import islice

import holidays
from holidays.registry import COUNTRIES

_LONGEST_CODE = 10
_AHEAD = timedelta(days=400)


@cache
def countries() -> dict[str, str]:
    """Give the countries by ISO 3166-1 code, in the order of their names."""
    names = {
        code: re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name) for name, code, *_ in COUNTRIES.values()
    }
    return dict(sorted(names.items(), key=lambda item: item[1]))


@cache
def subdivisions(country: str) -> dict[str, str]:
    """Give a country's parts with holidays of their own: name by code; none for an unknown one."""
    if country not in countries():
        return {}
    known = holidays.country_holidays(country)
    names: dict[str, list[str]] = {}
    for name, code in getattr(known, "subdivisions_aliases", {}).items():
        names.setdefault(code, []).append(name)
    found = {code: " / ".join(names.get(code, [code])) for code in known.subdivisions}
    usable = {code: name for code, name in found.items() if len(code) <= _LONGEST_CODE}
    return dict(sorted(usable.items(), key=lambda item: item[1]))


def holidays_between(
    country: str, subdivision: str, first: date, last: date
) -> list[tuple[date, str]]:
    """Give the public holidays of a span of days with their names; none without a country."""
    if not country:
        return []
    years = range(first.year, last.year + 1)
    days = holidays.country_holidays(
        country, subdiv=subdivision or None, years=years, language="en_US"
    )
    return sorted((day, name) for day, name in days.items() if first <= day <= last)


def coming_holidays(
    country: str, subdivision: str, today: date, count: int = 12
) -> list[tuple[date, str]]:
    """Give the next public holidays within a year or so."""
    return list(islice(holidays_between(country, subdivision, today, today + _AHEAD), count))
