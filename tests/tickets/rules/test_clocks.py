from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.core.test_calendars import calendars, slow_is_open
from tickets.rules.clocks import Clock, Happening, Moment, Step, Terms, run_clocks

START = datetime(2026, 3, 26, 6, tzinfo=UTC)  # a Thursday; the clocks change on Sunday
FAIR = list(Clock)


def slow_verdicts(happenings: Sequence[Happening], until: datetime) -> list[tuple[Clock, bool]]:
    """Walk minute by minute: count each clock up, and look whether it went past its minutes."""
    used = dict.fromkeys(Clock, 0)
    active = dict.fromkeys(Clock, False)
    breached = dict.fromkeys(Clock, False)
    verdicts: list[tuple[Clock, bool]] = []
    terms: Terms | None = None
    waiting = False
    left = list(happenings)

    def fulfil(clock: Clock) -> None:
        if active[clock] and terms is not None:
            active[clock] = False
            verdicts.append((clock, not breached[clock]))

    now = min([START, *(each.at for each in left)])
    while now < until:
        while left and left[0].at == now:
            each = left.pop(0)
            match each.moment:
                case Moment.ARRIVED | Moment.TERMS:
                    terms = each.terms
                case Moment.ANSWERED:
                    fulfil(Clock.FIRST_RESPONSE)
                    fulfil(Clock.NEXT_REPLY)
                case Moment.WAITING:
                    waiting = True
                case Moment.GOING_ON:
                    waiting = False
                case Moment.DONE:
                    waiting = False
                    for clock in Clock:
                        fulfil(clock)
            starts = {
                Moment.ARRIVED: [Clock.FIRST_RESPONSE, Clock.RESOLUTION],
                Moment.REOPENED: [Clock.RESOLUTION],
                Moment.WRITTEN: [] if active[Clock.FIRST_RESPONSE] else [Clock.NEXT_REPLY],
            }
            for clock in starts.get(each.moment, []):
                if not active[clock] and terms is not None and clock in terms.minutes:
                    active[clock] = True
                    if clock == Clock.NEXT_REPLY:
                        used[clock], breached[clock] = 0, False
        if terms is not None and not waiting:
            is_open = slow_is_open(terms.calendar, now)
            for clock in Clock:
                if active[clock] and clock in terms.minutes:
                    # Past its minutes, a clock is late at once, open or not.
                    breached[clock] |= used[clock] >= terms.minutes[clock]
                    used[clock] += is_open
        now += timedelta(minutes=1)
    return verdicts


@st.composite
def terms(draw: st.DrawFn) -> Terms:
    minutes = {clock: draw(st.integers(1, 1500)) for clock in Clock}
    return Terms(minutes, draw(calendars()))


@st.composite
def histories(draw: st.DrawFn) -> list[Happening]:
    found = [Happening(Moment.ARRIVED, START, draw(terms()))]
    at = START
    rest = [moment for moment in Moment if moment != Moment.ARRIVED]
    for moment in draw(st.lists(st.sampled_from(rest), max_size=8)):
        at += timedelta(minutes=draw(st.integers(0, 1200)))
        found.append(Happening(moment, at, draw(terms()) if moment == Moment.TERMS else None))
    return found


def verdicts(happenings: Sequence[Happening], until: datetime) -> list[tuple[Clock, bool]]:
    clocks = run_clocks(happenings, until)
    late = dict.fromkeys(Clock, False)
    found = []
    for step in clocks.steps:
        if step.step == Step.ACTIVATED and step.clock == Clock.NEXT_REPLY:
            late[step.clock] = False
        late[step.clock] |= step.step == Step.BREACHED
        if step.step == Step.FULFILLED:
            found.append((step.clock, not late[step.clock]))
    return found


@settings(max_examples=60)
@given(histories())
def test_verdicts_are_those_of_walking_minute_by_minute(happenings: list[Happening]) -> None:
    until = happenings[-1].at + timedelta(minutes=1)
    assert verdicts(happenings, until) == slow_verdicts(happenings, until)


@settings(max_examples=60)
@given(histories(), st.integers(0, 8), st.integers(0, 600))
def test_what_follows_changes_nothing_that_came_before(
    happenings: list[Happening], kept: int, more: int
) -> None:
    early = happenings[: kept + 1]
    until = early[-1].at + timedelta(minutes=more)
    if kept + 1 < len(happenings):
        until = min(until, happenings[kept + 1].at)
    whole = run_clocks(happenings, happenings[-1].at + timedelta(days=30)).steps
    assert run_clocks(early, until).steps == [step for step in whole if step.at < until]
