"""How calendars read, and whose public holidays they can close on."""

from datetime import date

import pytest

from clients.rules.calendars import OFFICE_WEEK, OPEN_WEEK, check_hours, day_in_words, week_in_words
from clients.rules.public_holidays import coming_holidays, countries, subdivisions
from core.calendars import ALWAYS, Day, Hours

SPLIT: Day = ((540, 720), (780, 1020))


@pytest.mark.parametrize(
    ("week", "words"),
    [
        (OFFICE_WEEK, "Mon–Fri 9:00–17:00"),
        (OPEN_WEEK, "around the clock"),
        (((), ALWAYS, *((),) * 5), "Tue all day"),
        ((SPLIT, SPLIT, (), (), SPLIT, ((0, 60),), ((1380, 1440),)),
         "Mon–Tue 9:00–12:00, 13:00–17:00; Fri 9:00–12:00, 13:00–17:00; Sat 0:00–1:00; "
         "Sun 23:00–24:00"),
    ],
)  # fmt: skip
def test_a_week_reads_as_people_say_it(week: tuple[Day, ...], words: str) -> None:
    assert week_in_words(week) == words


def test_a_day_without_hours_is_closed() -> None:
    assert day_in_words(()) == "closed"


def test_times_that_touch_are_no_overlap() -> None:
    touching: Day = ((540, 720), (720, 1020))
    check_hours(Hours("UTC", (touching,) * 7), {})


def test_countries_have_names_and_parts() -> None:
    assert countries()["GB"] == "United Kingdom"
    assert list(countries().values()) == sorted(countries().values())
    assert subdivisions("DE")["BY"] == "Bayern"
    assert subdivisions("XX") == subdivisions("") == {}
    assert all(len(code) <= 10 for code in subdivisions("BR"))


def test_the_coming_holidays_are_those_of_the_part_of_the_country() -> None:
    start = date(2026, 8, 1)
    bavarian = dict(coming_holidays("DE", "BY", start))
    assert bavarian[date(2026, 11, 1)] == "All Saints' Day"
    assert date(2026, 11, 1) not in dict(coming_holidays("DE", "BE", start))
    assert date(2027, 1, 1) in bavarian
    assert min(bavarian) >= start
    assert len(coming_holidays("DE", "BY", start, 3)) == 3
    assert coming_holidays("", "", start) == []
