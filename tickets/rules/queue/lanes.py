"""Which ticket is next, and why: lanes L0, L1 and L2 (docs: the queue, 3)."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from core.calendars import MINUTE
from tickets.rules.queue.forward import Job, Worker, may_take
from tickets.rules.queue.promising import NEVER
from tickets.rules.queue.rank import A_DAY, BASE, crowd
from tickets.rules.queue.taking import take_first
from tickets.rules.words import Priority

_DAY = 480 * MINUTE  # a business day, in microseconds
# So many tickets are tried for one that keeps every promise: each takes a simulation.
MOST_TRIED = 4


@dataclass(frozen=True)
class Waiting:
    """A ticket nobody works on yet."""

    ticket: int
    client: int
    priority: Priority
    reach: int
    waited_days: float  # business days since it arrived
    work: int
    due: int | None = None  # committed, if there is one
    slack: int = 0  # business time to its due instant, less the work
    group: int = 0
    only: int = 0  # assigned to this engineer

    @property
    def job(self) -> Job:
        """The ticket as the forward simulation sees it."""
        due = NEVER if self.due is None else self.due
        is_p1 = self.priority == Priority.P1
        return Job(self.ticket, due, self.work, is_p1, self.group, self.only)

    @property
    def urgent(self) -> bool:
        """Tell whether slack alone puts it into L1."""
        return self.due is not None and is_urgent(self.slack, self.work)

    @property
    def score(self) -> float:
        """base·(1 + 0.5·min(4, reach - 1)) + 4·business days waiting."""
        return BASE[self.priority] * crowd(self.reach) + A_DAY * self.waited_days


@dataclass(frozen=True)
class Choice:
    """The next ticket, and the lane it came by."""

    lane: str
    ticket: Waiting
    reason: str  # p1, slack, simulation, share, forced


def choose(
    waiting: Sequence[Waiting],
    workers: Sequence[Worker],
    engineer: int,
    virtual: Mapping[int, float],
    now: int,
) -> Choice | None:
    """Give the next ticket for an engineer who asks ``now``, or None if they may take none.

    ``workers`` are all engineers, this one among them; ``virtual`` the clients' virtual times.
    """
    me = next(worker for worker in workers if worker.engineer == engineer)
    mine = [each for each in waiting if may_take(me, each.job)]
    critical = [each for each in mine if each.priority == Priority.P1]
    if critical:
        return Choice("L0", min(critical, key=_p1_order), "p1")
    committed = sorted((each for each in mine if each.due is not None), key=_due_order)

    def keeps(first: Waiting) -> bool:
        jobs = [each.job for each in waiting if _is_planned(each)]
        jobs.sort(key=lambda job: job.order)
        return not take_first(jobs, workers, engineer, first.ticket, first.work, now).late

    def fair(broken: Collection[int]) -> Waiting | None:
        left = [each for each in mine if each.ticket not in broken]
        return fair_choice(left, virtual) if left else None

    urgent = next((each for each in committed if each.urgent), None)
    return decide(committed[0] if committed else None, urgent, fair, keeps)


def decide(
    earliest: Waiting | None,
    urgent: Waiting | None,
    fair: Callable[[Collection[int]], Waiting | None],
    keeps: Callable[[Waiting], bool],
) -> Choice | None:
    """Give the next ticket where no P1 waits; None if nothing does.

    ``earliest`` is what is due first of all promised, ``urgent`` of all urgent; ``fair`` gives
    whose turn it is by share, some tickets passed over; ``keeps`` tells whether every promise
    stands if a ticket is taken first. For whoever is free first what is due first always keeps all:
    the simulation gives it to them. In the hands of others it may be late itself, where somebody
    else will be free for it; so the next by share that keeps all is looked for. Where none is found
    what is due first goes: nobody idles while work they may take waits.
    """
    by_share = fair(())
    if by_share is None:
        return None
    if earliest is None:
        return Choice("L2", by_share, "share")
    first = Choice("L1", urgent, "slack") if urgent else Choice("L2", by_share, "share")
    if keeps(first.ticket):
        return first
    broken = {first.ticket.ticket}
    if earliest.ticket not in broken and keeps(earliest):
        return Choice("L1", earliest, "simulation")
    broken.add(earliest.ticket)
    while len(broken) < MOST_TRIED and (other := fair(broken)):
        if keeps(other):
            return Choice("L2", other, "share")
        broken.add(other.ticket)
    return Choice("L1", earliest, "forced")


def is_urgent(slack: int, work: int) -> bool:
    """Tell whether so little slack puts promised work into L1."""
    return slack <= max(_DAY, 2 * work)


def fair_choice(waiting: Iterable[Waiting], virtual: Mapping[int, float]) -> Waiting:
    """Give the best ticket of the client with the least virtual time."""
    return min(
        waiting,
        key=lambda each: (virtual.get(each.client, 0.0), each.client, -each.score, each.ticket),
    )


def moved(
    virtual: Mapping[int, float], client: int, weight: float, minutes: float, working: Iterable[int]
) -> float:
    """Give a client's virtual time after a ticket of theirs was taken.

    V moves to max(V, least V of the clients with work) + minutes / w (start-time fair queueing,
    Goyal, Vin and Cheng 1996).
    """
    least = min((virtual.get(each, 0.0) for each in working), default=0.0)
    return max(virtual.get(client, 0.0), least) + minutes / weight


def joined(virtual: float, working: Iterable[float], everybody: Iterable[float]) -> float:
    """Give the virtual time of a client who had no work and now has some.

    ``working`` are the virtual times of the clients who have work. It is at least the least of
    them, or where nobody has work the greatest of all: nobody saves up share while they have none
    (start-time fair queueing, as above).
    """
    return max(virtual, min(working, default=max(everybody, default=virtual)))


def _is_planned(each: Waiting) -> bool:
    return each.due is not None or each.priority == Priority.P1


def _p1_order(each: Waiting) -> tuple[bool, int, int]:
    return each.due is None, each.due or 0, each.ticket


def _due_order(each: Waiting) -> tuple[int, int]:
    assert each.due is not None
    return each.due, each.ticket
