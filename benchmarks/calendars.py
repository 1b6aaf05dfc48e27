"""How much faster the calendar counts open minutes than walking minute by minute."""

from datetime import UTC, date, datetime, timedelta
from random import Random
from time import perf_counter

from benchmarks.results import Figure, growth
from core.calendars import Calendar, Hours
from tests.core.test_calendars import slow_between

TURNS, QUESTIONS, WALKED = 7, 300, 12
_SPLIT = ((480, 720), (780, 1080))


def measure() -> dict[str, Figure]:
    """Ask for the open minutes of 300 spans of up to two weeks, seven times.

    Each turn has a calendar of its own, German public holidays, exceptions and two versions, whose
    first use is in the time. The reference walks twelve of the spans and gives the same answers.
    """
    chance = Random(1)
    fast, slow = [], []
    for turn in range(-1, TURNS):
        calendar = _calendar(turn)
        spans = [_span(chance) for _ in range(QUESTIONS)]
        began = perf_counter()
        found = [calendar.minutes_between(*span) for span in spans]
        fast.append((perf_counter() - began) / QUESTIONS)
        began = perf_counter()
        walked = [slow_between(calendar, *span) for span in spans[:WALKED]]
        slow.append((perf_counter() - began) / WALKED)
        assert walked == found[:WALKED]
    # The first turn loads the library of holidays and warms nothing else.
    fast, slow = fast[1:], slow[1:]
    print(f"a span: {min(fast) * 1e6:.0f} µs by the calendar, {min(slow) * 1e3:.0f} ms by walking")
    return {"calendar_speedup": _times(growth(slow, fast))}


def _times(figure: Figure) -> Figure:
    return Figure(
        value=figure.value,
        unit="times as fast as minute by minute",
        spread=figure.spread,
        floor=figure.floor,
        ratio=figure.ratio,
    )


def _calendar(turn: int) -> Calendar:
    first = date(2026, 1, 7) + timedelta(days=turn)
    closed = tuple((first + timedelta(days=30 * month), ()) for month in range(11))
    weeks = [((_SPLIT,) * 5 + ((),) * 2), ((((540, 1020),),) * 5 + ((),) * 2)]
    old, new = (Hours("Europe/Berlin", week, closed, "DE", "BE") for week in weeks)
    since = [datetime(2020, 1, 1, tzinfo=UTC), datetime(2026, 6, 1, tzinfo=UTC)]
    return Calendar(((since[0], old), (since[1], new)))


def _span(chance: Random) -> tuple[datetime, datetime]:
    start = datetime(2026, 1, 5, tzinfo=UTC) + timedelta(minutes=chance.randrange(1440 * 330))
    return start, start + timedelta(minutes=chance.randrange(1440 * 14))
