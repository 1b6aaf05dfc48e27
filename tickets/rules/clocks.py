"""SLA clocks: what was promised for a ticket, and whether it was kept.

Everything is derived from what happened, in order; what follows never changes what came before, so
that a verdict, once given, stands whatever happens to plan, priority or calendar.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from core.calendars import Calendar, NeverOpen


class Clock(StrEnum):
    """What a plan promises a time for."""

    FIRST_RESPONSE = "first_response"
    NEXT_REPLY = "next_reply"
    RESOLUTION = "resolution"


class Moment(StrEnum):
    """What happens to a ticket, as far as its clocks are concerned."""

    ARRIVED = "arrived"  # its first report was received
    TERMS = "terms"  # plan, priority or calendar changed
    ANSWERED = "answered"  # we wrote to the client
    WRITTEN = "written"  # the client wrote to us
    WAITING = "waiting"  # we wait for the client
    GOING_ON = "going_on"  # we do not any more
    DONE = "done"  # shipped, or closed
    REOPENED = "reopened"


class Step(StrEnum):
    """What happens to a clock."""

    ACTIVATED = "activated"
    PAUSED = "paused"
    RESUMED = "resumed"
    WARNED_HALF = "warned_50"
    WARNED_MOST = "warned_80"
    BREACHED = "breached"
    FULFILLED = "fulfilled"


WARNINGS = ((50, Step.WARNED_HALF), (80, Step.WARNED_MOST))


@dataclass(frozen=True)
class Terms:
    """What is promised: minutes of the calendar's open time. A clock not there never runs."""

    minutes: Mapping[Clock, int]
    calendar: Calendar


@dataclass(frozen=True)
class Happening:
    """A moment; ``terms`` come with ARRIVED and TERMS, None where nothing is promised."""

    moment: Moment
    at: datetime
    terms: Terms | None = None


@dataclass(frozen=True)
class ClockStep:
    """One step of one clock. ``due_at`` is by when it is to be fulfilled, as things stand then."""

    clock: Clock
    step: Step
    at: datetime
    due_at: datetime | None = None


@dataclass
class ClockState:
    """A clock at an instant.

    ``used`` is open time that ran before ``since``, from when on it runs (None while it does not).
    """

    clock: Clock
    used: timedelta = timedelta()
    since: datetime | None = None
    active: bool = False
    breached: bool = False
    warned: set[Step] = field(default_factory=set)

    def due_at(self, terms: Terms) -> datetime | None:
        """Give by when it is to be fulfilled, while it runs."""
        return self._reaches(terms, 100)

    def _reaches(self, terms: Terms, percent: int) -> datetime | None:
        """Give when so much of its minutes is used; no earlier than it last began to run."""
        if self.since is None or self.clock not in terms.minutes:
            return None
        wanted = timedelta(minutes=terms.minutes[self.clock]) * percent / 100
        try:
            return terms.calendar.add(self.since, max(timedelta(), wanted - self.used))
        except NeverOpen:
            return None

    def run_until(self, at: datetime, terms: Terms) -> Iterator[ClockStep]:
        """Give warnings and the breach that come before ``at``."""
        due = self.due_at(terms)
        if due is None:
            return
        for percent, step in WARNINGS:
            reached = self._reaches(terms, percent)
            if step not in self.warned and reached is not None and reached < at:
                self.warned.add(step)
                yield ClockStep(self.clock, step, reached, due)
        if not self.breached and due < at:
            self.breached = True
            yield ClockStep(self.clock, Step.BREACHED, due, due)

    def stand(self, at: datetime, terms: Terms) -> None:
        """Count what ran until ``at``."""
        if self.since is not None:
            self.used += terms.calendar.between(self.since, at)
            self.since = at


@dataclass
class Clocks:
    """All clocks of a ticket, and the steps they took."""

    clocks: dict[Clock, ClockState]
    steps: list[ClockStep]
    terms: Terms | None = None
    waiting: bool = False

    def due_at(self, clock: Clock) -> datetime | None:
        """Give by when a clock is to be fulfilled; None while it does not run."""
        return self.clocks[clock].due_at(self.terms) if self.terms else None


def run_clocks(happenings: Iterable[Happening], until: datetime) -> Clocks:
    """Give the clocks as they stand at ``until``, with every step before it, in order.

    A clock is in time up to and including its due instant. First response and resolution start
    when the report arrived; the next reply is due from the client's oldest unanswered word.
    Waiting for the client pauses what runs. Reopening goes on with the resolution's original
    clock: what it had used stays used, and a breach stays its verdict. ``happenings`` are in order.
    """
    all_clocks = Clocks({clock: ClockState(clock) for clock in Clock}, [])
    for happening in happenings:
        if happening.at >= until:
            break
        _advance(all_clocks, happening.at)
        _HANDLERS[happening.moment](all_clocks, happening)
    _advance(all_clocks, until)
    return all_clocks


def _advance(clocks: Clocks, at: datetime) -> None:
    if clocks.terms is None:
        return
    came = [step for state in clocks.clocks.values() for step in state.run_until(at, clocks.terms)]
    clocks.steps += sorted(came, key=lambda step: step.at)


def _arrived(clocks: Clocks, happening: Happening) -> None:
    clocks.terms = happening.terms
    _activate(clocks, Clock.FIRST_RESPONSE, happening.at)
    _activate(clocks, Clock.RESOLUTION, happening.at)


def _terms(clocks: Clocks, happening: Happening) -> None:
    if clocks.terms is not None:
        for state in clocks.clocks.values():
            state.stand(happening.at, clocks.terms)
    clocks.terms = happening.terms


def _answered(clocks: Clocks, happening: Happening) -> None:
    _fulfil(clocks, Clock.FIRST_RESPONSE, happening.at)
    _fulfil(clocks, Clock.NEXT_REPLY, happening.at)


def _written(clocks: Clocks, happening: Happening) -> None:
    if not clocks.clocks[Clock.FIRST_RESPONSE].active:
        _activate(clocks, Clock.NEXT_REPLY, happening.at)


def _waiting(clocks: Clocks, happening: Happening) -> None:
    clocks.waiting = True
    for state in clocks.clocks.values():
        if state.since is not None and clocks.terms is not None:
            state.stand(happening.at, clocks.terms)
            state.since = None
            clocks.steps.append(ClockStep(state.clock, Step.PAUSED, happening.at))


def _going_on(clocks: Clocks, happening: Happening) -> None:
    clocks.waiting = False
    for state in clocks.clocks.values():
        if state.active and state.since is None:
            state.since = happening.at
            _step(clocks, state, Step.RESUMED, happening.at)


def _done(clocks: Clocks, happening: Happening) -> None:
    clocks.waiting = False
    for clock in Clock:
        _fulfil(clocks, clock, happening.at)


def _reopened(clocks: Clocks, happening: Happening) -> None:
    _activate(clocks, Clock.RESOLUTION, happening.at)


def _activate(clocks: Clocks, clock: Clock, at: datetime) -> None:
    state = clocks.clocks[clock]
    if state.active or clocks.terms is None or clock not in clocks.terms.minutes:
        return
    if clock == Clock.NEXT_REPLY:  # each answer is a promise of its own
        state = clocks.clocks[clock] = ClockState(clock)
    state.active = True
    state.since = None if clocks.waiting else at
    _step(clocks, state, Step.ACTIVATED, at)


def _fulfil(clocks: Clocks, clock: Clock, at: datetime) -> None:
    state = clocks.clocks[clock]
    if not state.active or clocks.terms is None:
        return
    due = state.due_at(clocks.terms)
    state.stand(at, clocks.terms)
    state.active, state.since = False, None
    clocks.steps.append(ClockStep(clock, Step.FULFILLED, at, due))


def _step(clocks: Clocks, state: ClockState, step: Step, at: datetime) -> None:
    assert clocks.terms is not None
    clocks.steps.append(ClockStep(state.clock, step, at, state.due_at(clocks.terms)))


_HANDLERS = {
    Moment.ARRIVED: _arrived,
    Moment.TERMS: _terms,
    Moment.ANSWERED: _answered,
    Moment.WRITTEN: _written,
    Moment.WAITING: _waiting,
    Moment.GOING_ON: _going_on,
    Moment.DONE: _done,
    Moment.REOPENED: _reopened,
}
