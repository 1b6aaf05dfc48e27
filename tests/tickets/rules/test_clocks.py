from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from core.calendars import ALWAYS, Calendar, Hours, NeverOpen
from tests.core.test_calendars import calendars, slow_is_open
from tickets.rules.clocks import Clock, Happening, Moment, Step, Terms, run_clocks

START = datetime(2026, 3, 26, 6, tzinfo=UTC)  # a Thursday; the clocks change on Sunday
LAST = START + timedelta(days=9)


def slow_due(terms: Terms, clock: Clock, used: int, now: datetime) -> datetime:
    """Walk to where the minutes are used up."""
    while used < terms.minutes[clock]:
        used += slow_is_open(terms.calendar, now)
        now += timedelta(minutes=1)
    return now


def slow_verdicts(happenings: Sequence[Happening], until: datetime) -> list[tuple[Clock, bool]]:
    """Walk minute by minute: count each clock up, and look whether it went past its minutes."""
    used = dict.fromkeys(Clock, 0)
    wanted = dict.fromkeys(Clock, False)
    begun = dict.fromkeys(Clock, False)
    breached = dict.fromkeys(Clock, False)
    verdicts: list[tuple[Clock, bool]] = []
    promised: dict[Clock, Terms] = {}
    is_served = waiting = False
    left = list(happenings)

    def fulfil(clock: Clock) -> None:
        if begun[clock]:
            verdicts.append((clock, not breached[clock]))
        wanted[clock] = begun[clock] = False

    now = min([START, *(each.at for each in left)])
    while now < until:
        while left and left[0].at == now:
            each = left.pop(0)
            match each.moment:
                case Moment.ARRIVED | Moment.TERMS:
                    is_served = each.terms is not None
                    for clock in Clock if is_served else ():
                        assert each.terms is not None
                        if clock == Clock.FIRST_RESPONSE and begun[clock]:
                            before = slow_due(promised[clock], clock, used[clock], now)
                            if before <= slow_due(each.terms, clock, used[clock], now):
                                continue
                        promised[clock] = each.terms
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
                Moment.WRITTEN: [] if wanted[Clock.FIRST_RESPONSE] else [Clock.NEXT_REPLY],
            }
            for clock in starts.get(each.moment, []):
                if not wanted[clock]:
                    wanted[clock] = True
                    if clock == Clock.NEXT_REPLY:
                        used[clock], breached[clock] = 0, False
            for clock in Clock:
                begun[clock] |= wanted[clock] and is_served
        for clock in Clock if is_served and not waiting else ():
            if wanted[clock]:
                # Past its minutes, a clock is late at once, open or not.
                breached[clock] |= used[clock] >= promised[clock].minutes[clock]
                used[clock] += slow_is_open(promised[clock].calendar, now)
        now += timedelta(minutes=1)
    return verdicts


@st.composite
def terms(draw: st.DrawFn) -> Terms:
    minutes = {clock: draw(st.integers(1, 1500)) for clock in Clock}
    calendar = draw(calendars())
    try:  # or walking would never end
        assume(calendar.add_minutes(LAST, 1500) < LAST + timedelta(days=40))
    except NeverOpen:
        assume(False)
    return Terms(minutes, calendar)


@st.composite
def histories(draw: st.DrawFn) -> list[Happening]:
    """Draw a history: terms change, are taken away and come back, at any point of the rest."""
    found = [Happening(Moment.ARRIVED, START, draw(st.none() | terms()))]
    at = START
    rest = [moment for moment in Moment if moment != Moment.ARRIVED]
    for moment in draw(st.lists(st.sampled_from([*rest, Moment.TERMS]), max_size=10)):
        at += timedelta(minutes=draw(st.integers(0, 1200)))
        its = draw(st.none() | terms()) if moment == Moment.TERMS else None
        found.append(Happening(moment, at, its))
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


@settings(max_examples=15)
@given(histories())
def test_verdicts_are_those_of_walking_minute_by_minute(happenings: list[Happening]) -> None:
    until = happenings[-1].at + timedelta(minutes=1)
    assert verdicts(happenings, until) == slow_verdicts(happenings, until)


@settings(max_examples=20)
@given(histories(), st.integers(0, 8), st.integers(0, 600))
def test_what_follows_changes_nothing_that_came_before(
    happenings: list[Happening], kept: int, more: int
) -> None:
    early = happenings[: kept + 1]
    until = early[-1].at + timedelta(minutes=more)
    if kept + 1 < len(happenings):
        until = min(until, happenings[kept + 1].at)
    whole = run_clocks(happenings, happenings[-1].at + timedelta(days=30)).steps
    before = run_clocks(early, until).steps
    assert before == whole[: len(before)]
    assert all(step.at >= until for step in whole[len(before) :])


@settings(max_examples=20)
@given(histories())
def test_nothing_is_said_twice_of_one_round(happenings: list[Happening]) -> None:
    steps = run_clocks(happenings, happenings[-1].at + timedelta(days=30)).steps
    moves = (Step.PAUSED, Step.RESUMED)
    once = [(each.clock, each.step, each.round) for each in steps if each.step not in moves]
    assert len(once) == len(set(once))
    late = [step.clock for step in steps if step.step == Step.BREACHED]
    assert late.count(Clock.FIRST_RESPONSE) <= 1
    assert late.count(Clock.RESOLUTION) <= 1


@settings(max_examples=20)
@given(histories(), st.integers(1, 20_000))
def test_time_brings_nothing_before_the_next_step_and_something_after_it(
    happenings: list[Happening], more: int
) -> None:
    last = happenings[-1].at
    clocks = run_clocks(happenings, last)
    coming = [state.next_step_at() for state in clocks.clocks.values()]
    soonest = min([each for each in coming if each], default=last + timedelta(days=90))
    quiet = run_clocks(happenings, min(soonest, last + timedelta(minutes=more)))
    assert quiet.steps == clocks.steps
    if any(coming):
        later = run_clocks(happenings, soonest + timedelta(seconds=1))
        assert len(later.steps) > len(clocks.steps)


def of(minutes: int) -> Terms:
    return Terms(dict.fromkeys(Clock, minutes), Calendar.of(Hours("UTC", (ALWAYS,) * 7)))


def at(minutes: int) -> datetime:
    return START + timedelta(minutes=minutes)


def steps_of(clock: Clock, *happenings: Happening, until: int = 10_000) -> list[tuple[str, int]]:
    found = run_clocks(happenings, at(until)).steps
    return [
        (step.step.value, int((step.at - START).total_seconds() // 60))
        for step in found
        if step.clock == clock
    ]


def test_time_in_which_nothing_is_promised_does_not_count() -> None:
    assert steps_of(
        Clock.RESOLUTION,
        Happening(Moment.ARRIVED, at(0), of(100)),
        Happening(Moment.TERMS, at(40), None),
        Happening(Moment.TERMS, at(5000), of(100)),
    ) == [
        ("activated", 0), ("paused", 40), ("resumed", 5000), ("warned_50", 5010),
        ("warned_80", 5040), ("breached", 5060),
    ]  # fmt: skip


def test_a_clock_starts_when_something_is_promised_for_the_first_time() -> None:
    assert steps_of(
        Clock.FIRST_RESPONSE,
        Happening(Moment.ARRIVED, at(0), None),
        Happening(Moment.TERMS, at(500), of(100)),
        Happening(Moment.ANSWERED, at(510)),
    ) == [("activated", 500), ("fulfilled", 510)]


def test_the_promise_of_a_first_response_is_never_weakened_that_of_a_resolution_may_be() -> None:
    history = (
        Happening(Moment.ARRIVED, at(0), of(100)),
        Happening(Moment.TERMS, at(10), of(1000)),
        Happening(Moment.TERMS, at(20), of(80)),
    )
    assert steps_of(Clock.FIRST_RESPONSE, *history)[-1] == ("breached", 80)
    assert steps_of(Clock.FIRST_RESPONSE, *history[:2])[-1] == ("breached", 100)
    assert steps_of(Clock.RESOLUTION, *history[:2])[-1] == ("breached", 1000)


def test_a_shorter_promise_that_is_over_already_is_broken_at_once_and_not_before() -> None:
    found = steps_of(
        Clock.RESOLUTION,
        Happening(Moment.ARRIVED, at(0), of(1000)),
        Happening(Moment.TERMS, at(300), of(100)),
    )
    assert found[1:] == [("warned_50", 300), ("warned_80", 300), ("breached", 300)]


def test_reopening_goes_on_with_what_was_used_and_breaks_a_promise_only_once() -> None:
    kept = (
        Happening(Moment.ARRIVED, at(0), of(100)),
        Happening(Moment.DONE, at(70)),
        Happening(Moment.REOPENED, at(900)),
    )
    assert steps_of(Clock.RESOLUTION, *kept)[-3:] == [
        ("activated", 900), ("warned_80", 910), ("breached", 930)
    ]  # fmt: skip
    broken = (kept[0], Happening(Moment.DONE, at(170)), *kept[2:], Happening(Moment.DONE, at(999)))
    assert [step for step, _ in steps_of(Clock.RESOLUTION, *broken)] == [
        "activated", "warned_50", "warned_80", "breached", "fulfilled", "activated", "fulfilled"
    ]  # fmt: skip


def test_an_answer_at_the_due_instant_is_in_time() -> None:
    history = (Happening(Moment.ARRIVED, at(0), of(100)), Happening(Moment.ANSWERED, at(100)))
    assert steps_of(Clock.FIRST_RESPONSE, *history)[-1] == ("fulfilled", 100)
    assert ("breached", 100) not in steps_of(Clock.FIRST_RESPONSE, *history)
    assert ("breached", 100) not in steps_of(Clock.FIRST_RESPONSE, history[0], until=100)
    assert steps_of(Clock.FIRST_RESPONSE, history[0], until=101)[-1] == ("breached", 100)
