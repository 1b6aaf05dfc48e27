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


PERCENT = {Step.WARNED_HALF: 50, Step.WARNED_MOST: 80}
_BY_TIME = (*((percent, step) for step, percent in PERCENT.items()), (100, Step.BREACHED))


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
    """One step of one clock. ``due_at`` is by when it is to be fulfilled, as things stand then.

    ``round`` counts the activations: each reply that is due is one, and each reopening.
    """

    clock: Clock
    step: Step
    at: datetime
    round: int
    due_at: datetime | None = None


@dataclass
class ClockState:
    """A clock at an instant.

    ``used`` is open time that ran before ``since``, from when on it runs (None while it does not).
    ``terms`` are those it was promised last, with or without a pause since; ``given`` are the
    warnings and the breach, which are never given again.
    """

    clock: Clock
    used: timedelta = timedelta()
    since: datetime | None = None
    wanted: bool = False
    active: bool = False
    round: int = 0
    given: set[Step] = field(default_factory=set)
    started_at: datetime | None = None
    breached_at: datetime | None = None
    fulfilled_at: datetime | None = None
    terms: Terms | None = None

    def due_at(self) -> datetime | None:
        """Give by when it is to be fulfilled, while it runs."""
        return self._reaches(100, self.since, self.terms)

    def next_step_at(self) -> datetime | None:
        """Give the next instant after which time alone brings a warning or the breach."""
        coming = [reached for _, reached in self._coming()]
        return min(coming, default=None)

    def run_until(self, at: datetime) -> Iterator[ClockStep]:
        """Give warnings and the breach that come before ``at``."""
        due = self.due_at()
        for step, reached in self._coming():
            if reached < at:
                self.given.add(step)
                if step == Step.BREACHED:
                    self.breached_at = reached
                yield ClockStep(self.clock, step, reached, self.round, due)

    def stand(self, at: datetime) -> None:
        """Count what ran until ``at``."""
        if self.since is not None and self.terms is not None:
            self.used += self.terms.calendar.between(self.since, at)
            self.since = at

    def take(self, terms: Terms, at: datetime) -> None:
        """Go by other terms from ``at`` on; the promise of a first response is never weakened."""
        self.stand(at)
        if self.clock == Clock.FIRST_RESPONSE and self.active and self.terms is not None:
            before, after = (self._reaches(100, at, each) for each in (self.terms, terms))
            if before is not None and (after is None or before <= after):
                return
        self.terms = terms

    def _coming(self) -> list[tuple[Step, datetime]]:
        """Give the steps that time alone brings and that were not yet, in order."""
        found = []
        for percent, step in _BY_TIME:
            reached = self._reaches(percent, self.since, self.terms)
            if step not in self.given and reached is not None:
                found.append((step, reached))
        return found

    def _reaches(
        self, percent: int, since: datetime | None, terms: Terms | None
    ) -> datetime | None:
        """Give when so much of its minutes is used; no earlier than it last began to run."""
        if since is None or terms is None or self.clock not in terms.minutes:
            return None
        wanted = timedelta(minutes=terms.minutes[self.clock]) * percent / 100
        try:
            return terms.calendar.add(since, max(timedelta(), wanted - self.used))
        except NeverOpen:
            return None


@dataclass
class Clocks:
    """All clocks of a report or its ticket, and the steps they took."""

    clocks: dict[Clock, ClockState]
    steps: list[ClockStep] = field(default_factory=list)
    terms: Terms | None = None
    waiting: bool = False

    def step(self, state: ClockState, step: Step, at: datetime) -> None:
        """Note a step."""
        self.steps.append(ClockStep(state.clock, step, at, state.round, state.due_at()))


def run_clocks(happenings: Iterable[Happening], until: datetime) -> Clocks:
    """Give the clocks as they stand at ``until``, with every step up to it, in order.

    A clock is in time up to and including its due instant. First response and resolution start
    when the report arrived; the next reply is due from the client's oldest unanswered word.
    Waiting for the client pauses what runs, and so does a time in which nothing is promised.
    Reopening goes on with the resolution's original clock: what it had used stays used, and a
    breach stays its verdict. ``happenings`` are in order.
    """
    clocks = Clocks({clock: ClockState(clock) for clock in Clock})
    for happening in happenings:
        if happening.at > until:
            break
        _advance(clocks, happening.at)
        _HANDLERS[happening.moment](clocks, happening)
        _settle(clocks, happening.at)
    _advance(clocks, until)
    return clocks


def _advance(clocks: Clocks, at: datetime) -> None:
    came = [step for state in clocks.clocks.values() for step in state.run_until(at)]
    clocks.steps += sorted(came, key=lambda step: step.at)


def _settle(clocks: Clocks, at: datetime) -> None:
    """Start, pause or resume what a happening let run or stopped."""
    for state in clocks.clocks.values():
        promised = clocks.terms is not None and state.clock in clocks.terms.minutes
        runs = state.wanted and promised and not clocks.waiting
        if state.since is not None and not runs:
            state.stand(at)
            state.since = None
            clocks.step(state, Step.PAUSED, at)
        elif state.wanted and promised and not state.active:
            state.active, state.round = True, state.round + 1
            state.started_at, state.fulfilled_at = state.started_at or at, None
            state.since = at if runs else None
            clocks.step(state, Step.ACTIVATED, at)
        elif runs and state.since is None:
            state.since = at
            clocks.step(state, Step.RESUMED, at)


def _arrived(clocks: Clocks, happening: Happening) -> None:
    _terms(clocks, happening)
    clocks.clocks[Clock.FIRST_RESPONSE].wanted = True
    clocks.clocks[Clock.RESOLUTION].wanted = True


def _terms(clocks: Clocks, happening: Happening) -> None:
    clocks.terms = happening.terms
    if happening.terms is not None:
        for state in clocks.clocks.values():
            state.take(happening.terms, happening.at)


def _answered(clocks: Clocks, happening: Happening) -> None:
    _fulfil(clocks, Clock.FIRST_RESPONSE, happening.at)
    _fulfil(clocks, Clock.NEXT_REPLY, happening.at)


def _written(clocks: Clocks, happening: Happening) -> None:
    reply = clocks.clocks[Clock.NEXT_REPLY]
    if reply.wanted or clocks.clocks[Clock.FIRST_RESPONSE].wanted:
        return
    # Each answer is a promise of its own.
    clocks.clocks[Clock.NEXT_REPLY] = ClockState(
        Clock.NEXT_REPLY, wanted=True, round=reply.round, terms=reply.terms
    )


def _waiting(clocks: Clocks, happening: Happening) -> None:
    clocks.waiting = True


def _going_on(clocks: Clocks, happening: Happening) -> None:
    clocks.waiting = False


def _done(clocks: Clocks, happening: Happening) -> None:
    clocks.waiting = False
    for clock in Clock:
        _fulfil(clocks, clock, happening.at)


def _reopened(clocks: Clocks, happening: Happening) -> None:
    clocks.clocks[Clock.RESOLUTION].wanted = True


def _fulfil(clocks: Clocks, clock: Clock, at: datetime) -> None:
    state = clocks.clocks[clock]
    if state.active:
        clocks.step(state, Step.FULFILLED, at)
        state.fulfilled_at = at
    state.stand(at)
    state.wanted, state.active, state.since = False, False, None


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
