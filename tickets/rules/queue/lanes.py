"""Which ticket is next, and why: lanes L0, L1 and L2 (docs: the queue, 3)."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from tickets.rules.queue.forward import Job, Worker, first_late
from tickets.rules.queue.rank import A_DAY, BASE, crowd
from tickets.rules.words import Priority

_DAY = 480 * 60_000_000  # a business day, in microseconds


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

    @property
    def job(self) -> Job:
        """The ticket as the forward simulation sees it."""
        assert self.due is not None
        return Job(self.ticket, self.due, self.work, self.priority == Priority.P1, self.group)

    @property
    def urgent(self) -> bool:
        """Tell whether slack alone puts it into L1."""
        return self.due is not None and self.slack <= max(_DAY, 2 * self.work)

    @property
    def score(self) -> float:
        """base·(1 + 0.5·min(4, reach - 1)) + 4·business days waiting."""
        return BASE[self.priority] * crowd(self.reach) + A_DAY * self.waited_days


@dataclass(frozen=True)
class Choice:
    """The next ticket, and the lane it came by."""

    lane: str
    ticket: Waiting
    reason: str  # p1, slack, simulation, share


def choose(
    waiting: Sequence[Waiting],
    workers: Sequence[Worker],
    engineer: int,
    virtual: Mapping[int, float],
    now: int,
) -> Choice | None:
    """Give the next ticket for an engineer who is free ``now``, or None if they may take none.

    ``workers`` are all engineers, this one among them; ``virtual`` the clients' virtual times.
    """
    me = next(worker for worker in workers if worker.engineer == engineer)
    mine = [each for each in waiting if me.groups is None or each.group in me.groups]
    urgent = [each for each in mine if each.priority == Priority.P1]
    if urgent:
        return Choice("L0", min(urgent, key=_p1_order), "p1")
    if not mine:
        return None
    committed = sorted((each for each in mine if each.due is not None), key=_due_order)
    if any(each.urgent for each in committed):
        return Choice("L1", committed[0], "slack")
    fair = fair_choice(mine, virtual)
    if committed and _would_be_late(waiting, workers, me, fair, now):
        return Choice("L1", committed[0], "simulation")
    return Choice("L2", fair, "share")


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
    Goyal, Vin and Cheng 1996), so that nobody saves up share while they have no work.
    """
    least = min((virtual.get(each, 0.0) for each in working), default=0.0)
    return max(virtual.get(client, 0.0), least) + minutes / weight


def _would_be_late(
    waiting: Sequence[Waiting], workers: Sequence[Worker], me: Worker, first: Waiting, now: int
) -> bool:
    jobs = sorted(
        (each.job for each in waiting if each.due is not None and each.ticket != first.ticket),
        key=lambda job: job.order,
    )
    done = me.shifts.finish(now, first.work)
    if done is None or (first.due is not None and done > first.due):
        return True
    after = [replace(each, free_at=done) if each is me else each for each in workers]
    return first_late(jobs, after) is not None


def _p1_order(each: Waiting) -> tuple[bool, int, int]:
    return each.due is None, each.due or 0, each.ticket


def _due_order(each: Waiting) -> tuple[int, int]:
    assert each.due is not None
    return each.due, each.ticket
