from dataclasses import replace
from random import Random

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from tests.tickets.rules.queue.workers import workers
from tickets.rules.queue.forward import Job, Worker, first_late
from tickets.rules.queue.lanes import MOST_TRIED, Waiting, choose, fair_choice, joined, moved
from tickets.rules.queue.shifts import Shifts
from tickets.rules.queue.taking import take_first
from tickets.rules.words import Priority

LOWER = [Priority.P2, Priority.P3, Priority.P4]
ANYTIME = Shifts.of([(0, 10**9)])


@st.composite
def queues(draw: st.DrawFn, *, groups: int = 0, p1: bool = True, due: bool = True) -> list[Waiting]:
    """Give tickets of up to three clients, some promised; slack is that of someone always there."""
    found = []
    for number in range(draw(st.integers(0, 8))):
        work = draw(st.integers(1, 8))
        promised = draw(st.none() | st.integers(1, 90)) if due else None
        found.append(
            Waiting(
                ticket=number,
                client=draw(st.integers(0, 2)),
                priority=draw(st.sampled_from(list(Priority) if p1 else LOWER)),
                reach=draw(st.integers(1, 6)),
                waited_days=draw(st.integers(0, 40)) / 2,
                work=work,
                due=promised,
                # Lanes count business days in microseconds: here nothing is urgent, or everything.
                slack=draw(st.sampled_from([0, 10**12])),
                group=draw(st.integers(0, groups)),
            )
        )
    return found


def taken_in_order(
    waiting: list[Waiting], people: list[Worker], virtual: dict[int, float]
) -> list[int]:
    """Let the first engineer take everything they may, at one instant."""
    left, order = list(waiting), []
    while choice := choose(left, people, 0, virtual, 0):
        left.remove(choice.ticket)
        order.append(choice.ticket.ticket)
        if choice.lane == "L2":
            client = choice.ticket.client
            working = {each.client for each in waiting}
            virtual = {**virtual, client: moved(virtual, client, 1, choice.ticket.work, working)}
    return order


@settings(max_examples=60)
@given(queues(groups=1), workers(groups=1), st.randoms(use_true_random=False))
def test_same_inputs_give_the_same_ticket_however_they_come(
    waiting: list[Waiting], people: list[Worker], chance: Random
) -> None:
    mixed = list(waiting)
    chance.shuffle(mixed)
    assert choose(mixed, people, 0, {}, 0) == choose(waiting, people, 0, {}, 0)


@settings(max_examples=60)
@given(queues(groups=2), workers(groups=2))
def test_nobody_idles_while_work_they_may_take_waits(
    waiting: list[Waiting], people: list[Worker]
) -> None:
    for me in people:
        mine = [each for each in waiting if me.groups is None or each.group in me.groups]
        choice = choose(waiting, people, me.engineer, {}, 0)
        assert (choice is None) == (not mine)
        assert choice is None or choice.ticket in mine


@settings(max_examples=60)
@given(queues(), workers())
def test_p1_go_first_by_due_time_and_those_without_one_last(
    waiting: list[Waiting], people: list[Worker]
) -> None:
    critical = [each for each in waiting if each.priority == Priority.P1]
    assume(critical)
    choice = choose(waiting, people, 0, {}, 0)
    assert choice is not None
    assert choice.lane == "L0"
    dues = [each.due for each in critical if each.due is not None]
    assert choice.ticket.due == min(dues, default=None)


@settings(max_examples=60)
@given(queues(due=False), st.data())
def test_more_severity_reach_or_age_never_moves_a_ticket_back_within_its_client(
    waiting: list[Waiting], data: st.DataObject
) -> None:
    assume(waiting)
    people = [Worker(0, ANYTIME, 0)]
    place = data.draw(st.integers(0, len(waiting) - 1))
    one = waiting[place]
    better = replace(
        one,
        priority=data.draw(st.sampled_from([each for each in Priority if each <= one.priority])),
        reach=one.reach + data.draw(st.integers(0, 3)),
        waited_days=one.waited_days + data.draw(st.integers(0, 3)),
    )
    own = {each.ticket for each in waiting if each.client == one.client}
    before = [each for each in taken_in_order(waiting, people, {}) if each in own]
    changed = [better if each is one else each for each in waiting]
    after = [each for each in taken_in_order(changed, people, {}) if each in own]
    assert after.index(one.ticket) <= before.index(one.ticket)


def free_again(people: list[Worker]) -> list[tuple[int, int]]:
    """Give when everybody who ever is free begins with something new, and who it is."""
    return [
        (start, worker.engineer)
        for worker in people
        if (start := worker.shifts.next_open(worker.free_at)) is not None
    ]


@settings(max_examples=80)
@given(queues(groups=1, p1=False), workers(groups=1))
def test_what_passed_the_simulation_is_kept_by_following_the_lanes(
    waiting: list[Waiting], people: list[Worker]
) -> None:
    """Nothing comes in between: no P1, absence, override or overrun."""
    plan = plan_of(waiting)
    assume(plan)
    assume(first_late(plan, people) is None)
    left, virtual = list(waiting), dict[int, float]()
    while left:
        if not (starts := free_again(people)):
            break
        now, engineer = min(starts)
        people = [replace(worker, free_at=max(worker.free_at, now)) for worker in people]
        me = people[engineer]
        choice = choose(left, people, engineer, virtual, now)
        if choice is None:
            people[engineer] = replace(me, free_at=10**9)
            continue
        left.remove(choice.ticket)
        done = me.shifts.finish(now, choice.ticket.work)
        assert choice.ticket.due is None or (done is not None and done <= choice.ticket.due)
        people[engineer] = replace(me, free_at=10**9 if done is None else done)
    assert not any(each.due is not None for each in left)


@settings(max_examples=80)
@given(queues(groups=1, p1=False), workers(groups=1), st.lists(st.integers(0, 3), max_size=12))
def test_promises_hold_while_people_with_work_in_hand_press_as_long_as_a_choice_keeps_all(
    waiting: list[Waiting], people: list[Worker], pressing: list[int]
) -> None:
    """Whoever is free first is always given what keeps all; others take what breaks nothing."""
    assume(first_late(plan_of(waiting), people) is None)
    left, presses = list(waiting), list(pressing)
    while left:
        if not (starts := free_again(people)):
            break
        now, first = min(starts)
        engineer = presses.pop() % len(people) if presses else first
        me = people[engineer]
        choice = choose(left, people, engineer, {}, now)
        if choice is None or choice.reason == "forced":
            assert choice is None or engineer != first
            if choice is not None:
                mine = [each for each in left if me.groups is None or each.group in me.groups]
                broken = [each for each in mine if breaks(left, people, engineer, each, now)]
                assert choice.ticket in broken
                assert len(broken) >= min(MOST_TRIED, len(mine))
            elif engineer == first:
                people[engineer] = replace(me, free_at=10**9)
            continue
        assert not breaks(left, people, engineer, choice.ticket, now)
        left.remove(choice.ticket)
        done = me.shifts.finish(max(now, me.free_at), choice.ticket.work)
        assert choice.ticket.due is None or (done is not None and done <= choice.ticket.due)
        people[engineer] = replace(me, free_at=10**9 if done is None else done)
        assert first_late(plan_of(left), people) is None


def plan_of(waiting: list[Waiting]) -> list[Job]:
    """Give what is promised, in order."""
    return sorted((each.job for each in waiting if each.due is not None), key=lambda job: job.order)


def breaks(
    waiting: list[Waiting], people: list[Worker], engineer: int, ticket: Waiting, now: int
) -> bool:
    """Tell whether a promise becomes late if somebody takes a ticket now."""
    plan = plan_of(waiting)
    return bool(take_first(plan, people, engineer, ticket.ticket, ticket.work, now).late)


def test_who_has_work_in_hand_leaves_what_is_due_first_to_whoever_is_free() -> None:
    busy, free = Worker(1, ANYTIME, 50), Worker(2, ANYTIME, 0)
    near = Waiting(1, 1, Priority.P2, 1, 0, 10, due=40)
    other = Waiting(2, 2, Priority.P4, 1, 0, 10)
    assert near.urgent

    choice = choose([near, other], [busy, free], 1, {}, 0)
    assert choice is not None
    assert (choice.ticket, choice.lane, choice.reason) == (other, "L2", "share")
    choice = choose([near, other], [busy, free], 2, {}, 0)
    assert choice is not None
    assert (choice.ticket, choice.lane, choice.reason) == (near, "L1", "slack")


def test_what_is_due_first_is_given_where_every_choice_breaks_something() -> None:
    busy, free = Worker(1, ANYTIME, 50), Worker(2, ANYTIME, 0)
    near = Waiting(1, 1, Priority.P2, 1, 0, 10, due=40)
    choice = choose([near], [busy, free], 1, {}, 0)
    assert choice is not None
    assert (choice.ticket, choice.lane, choice.reason) == (near, "L1", "forced")


def test_what_is_urgent_but_not_due_first_waits_if_it_would_break_that() -> None:
    day = 480 * 60_000_000
    people = [Worker(1, Shifts.of([(0, 100 * day)]), 0)]
    # Long work is urgent early; what is due before it has not much to spare, but is not urgent.
    long = Waiting(1, 1, Priority.P3, 1, 0, 6 * day, due=18 * day, slack=12 * day)
    first = Waiting(2, 1, Priority.P3, 1, 0, 2 * day, due=7 * day, slack=5 * day)
    assert long.urgent
    assert not first.urgent
    choice = choose([long, first], people, 1, {}, 0)
    assert choice is not None
    assert (choice.ticket.ticket, choice.lane, choice.reason) == (2, "L1", "simulation")

    relaxed = replace(first, due=9 * day, slack=7 * day)
    choice = choose([long, relaxed], people, 1, {}, 0)
    assert choice is not None
    assert (choice.ticket.ticket, choice.lane, choice.reason) == (1, "L1", "slack")


def test_the_fair_choice_gives_way_to_a_promise_it_would_break() -> None:
    people = [Worker(1, Shifts.of([(0, 10**11)]), 0)]
    fair = Waiting(1, 1, Priority.P2, 1, 0, 8, due=None)
    promised = Waiting(2, 2, Priority.P4, 1, 0, 5, due=10, slack=10**12)
    virtual = {1: 0.0, 2: 5.0}
    choice = choose([fair, promised], people, 1, virtual, 0)
    assert choice is not None
    assert (choice.ticket, choice.lane) == (promised, "L1")
    choice = choose([fair, replace(promised, due=13)], people, 1, virtual, 0)
    assert choice is not None
    assert (choice.ticket, choice.lane) == (fair, "L2")


@st.composite
def shares(draw: st.DrawFn) -> tuple[list[int], list[tuple[int, int]]]:
    """Give clients' slots, and the work each sends in which turn; the first always has some."""
    slots = draw(st.lists(st.integers(1, 4), min_size=2, max_size=5))
    sends = st.tuples(st.integers(1, len(slots) - 1), st.integers(0, 12))
    return slots, draw(st.lists(sends, max_size=30))


@settings(max_examples=100)
@given(shares(), st.data())
def test_who_always_has_work_gets_their_share_less_their_part_of_one_job_of_each_other(
    world: tuple[list[int], list[tuple[int, int]]], data: st.DataObject
) -> None:
    """Others come and go as they like; with slots alike that part is less than one job."""
    slots, sent = world
    virtual: dict[int, float] = {}
    left: dict[int, int] = dict.fromkeys(range(len(slots)), 0)
    left[0] = 10**6
    received = dict.fromkeys(range(len(slots)), 0)
    longest = dict.fromkeys(range(len(slots)), 0)
    for turn in range(40):
        for client, when in sent:
            if when * 3 == turn:
                if not left[client]:
                    known = [virtual.get(each, 0.0) for each in left if left[each]]
                    virtual[client] = joined(virtual.get(client, 0.0), known, virtual.values())
                left[client] += 1
        working = [client for client in left if left[client]]
        work = {client: data.draw(st.integers(1, 9)) for client in working}
        queue = [Waiting(each, each, Priority.P3, 1, 0, work[each]) for each in working]
        client = fair_choice(queue, virtual).client
        virtual[client] = moved(virtual, client, slots[client], work[client], working)
        left[client] -= 1
        received[client] += work[client]
        longest[client] = max(longest[client], work[client])
        share = slots[0] / sum(slots)
        others = sum(longest[each] for each in longest if each)
        assert received[0] >= share * (sum(received.values()) - others) - 1e-6


def test_nobody_saves_up_share_while_they_have_no_work() -> None:
    assert joined(0, [50, 70], [50, 70, 90]) == 50
    assert joined(60, [50], [50]) == 60
    assert joined(0, [], [30, 80]) == 80
    assert joined(5, [], []) == 5
