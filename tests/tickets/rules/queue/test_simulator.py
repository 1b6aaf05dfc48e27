from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.calendars import MINUTE
from tickets.rules.queue.simulator import (
    ORDERS,
    Arrival,
    House,
    Synthetic,
    office,
    simulate,
    tally_of,
)
from tickets.rules.queue.simulator.report import shortfalls
from tickets.rules.queue.simulator.runs import Tally
from tickets.rules.queue.simulator.seeds import Result, run_all
from tickets.rules.queue.simulator.synthetic import A_MONDAY
from tickets.rules.words import Priority

SMALL = Synthetic(slots=(1, 2, 1, 1), engineers=1, weeks=3, load=60)
HOUSE = House(office(A_MONDAY, 20), (1, 1), engineers=1)
NINE = HOUSE.shifts.begins[0]


def arrival(number: int, minute: int, work: int, **facts: object) -> Arrival:
    terms = {"client": 0, "priority": Priority.P3, "claimed": Priority.P3, **facts}
    at = HOUSE.shifts.at(minute * MINUTE + 1)
    assert at is not None
    return Arrival(number=number, at=at, work=work * MINUTE, **terms)  # type: ignore[arg-type]


def finished(arrivals: list[Arrival], order: str) -> list[int]:
    """Give the numbers in the order they were done."""
    done = simulate(arrivals, HOUSE, order)
    assert all(each.finished is not None for each in done)
    return [each.arrival.number for each in sorted(done, key=lambda each: each.finished or 0)]


def test_the_same_seed_gives_the_same_weeks_and_another_seed_others() -> None:
    assert SMALL.arrivals(1) == SMALL.arrivals(1)
    assert SMALL.arrivals(1) != SMALL.arrivals(2)


def test_what_quiet_clients_send_does_not_depend_on_the_noisy_one() -> None:
    def quiet(weeks: Synthetic) -> list[tuple[int, int, Priority, int]]:
        drawn = weeks.arrivals(3)
        return [(each.client, each.at, each.priority, each.work) for each in drawn if each.client]

    loud = replace(SMALL, factor=20)
    assert quiet(SMALL) == quiet(loud)
    assert len(loud.arrivals(3)) > 2 * len(SMALL.arrivals(3))


def test_the_noisy_client_claims_everything_critical_and_triage_says_what_is_so() -> None:
    noisy = [each for each in replace(SMALL, factor=20).arrivals(1) if each.client == 0]
    assert {each.claimed for each in noisy} == {Priority.P1}
    assert len({each.priority for each in noisy}) > 2
    believed = replace(SMALL, factor=20, believed=100).arrivals(1)
    assert {each.priority for each in believed if each.client == 0} == {Priority.P1}


def test_made_up_work_has_the_load_that_was_asked_for() -> None:
    weeks = Synthetic(weeks=40, load=50)
    work = sum(each.work for each in weeks.arrivals(1))
    assert work / (3 * weeks.open_time) == pytest.approx(0.5, abs=0.05)


def test_simple_orders_go_by_arrival_claim_or_due_time() -> None:
    one = arrival(1, 0, 10)
    two = arrival(2, 1, 10, priority=Priority.P4, claimed=Priority.P4)
    three = arrival(3, 2, 10, priority=Priority.P4, claimed=Priority.P1)
    four = arrival(4, 3, 10)
    queue = [one, two, three, four]
    assert finished(queue, "fifo") == [1, 2, 3, 4]
    assert finished(queue, "severity") == [1, 3, 4, 2]
    assert finished(queue, "due") == [1, 3, 4, 2]
    assert finished(queue, "shipops") == [1, 4, 2, 3], "claims do not count"


def test_work_goes_on_over_nights_and_weekends() -> None:
    friday_noon = 4 * 480 + 180
    (done,) = simulate([arrival(1, friday_noon, 400)], HOUSE, "shipops")
    assert done.finished is not None
    assert HOUSE.shifts.worked(done.finished) == (friday_noon + 400) * MINUTE + 1


def test_what_arrives_at_night_is_begun_in_the_morning() -> None:
    night = Arrival(1, 0, NINE - 3600 * 10**6, Priority.P3, Priority.P3, 10 * MINUTE)
    (done,) = simulate([night], HOUSE, "shipops")
    assert done.finished == NINE + 10 * MINUTE


def test_a_p1_that_would_be_late_is_not_promised_but_done_first() -> None:
    long = arrival(1, 0, 300)
    p1 = arrival(2, 10, 470, client=1, priority=Priority.P1)
    first, second = simulate([long, p1, arrival(3, 11, 10)], HOUSE, "shipops")[:2]
    assert first.promised is not None
    assert second.promised is None
    assert not second.in_time
    assert finished([long, p1, arrival(3, 11, 10)], "shipops") == [1, 2, 3]


def test_promises_are_as_many_as_tokens_and_more_follow_when_they_come_back() -> None:
    house = replace(HOUSE, refill=40, burst=2)
    queue = [arrival(number, 0, 60) for number in range(1, 9)]
    done = simulate(queue, house, "shipops")
    assert 2 < sum(each.promised is not None for each in done) < 8
    none = simulate(queue, replace(house, refill=0, burst=0), "shipops")
    assert not any(each.promised for each in none)


@settings(max_examples=15)
@given(st.integers(0, 10**6), st.sampled_from(list(ORDERS)), st.sampled_from([1, 20]))
def test_everything_is_done_once_by_any_order_and_engineers_do_one_thing_at_a_time(
    seed: int, order: str, factor: int
) -> None:
    weeks = replace(SMALL, factor=factor)
    house = weeks.house
    done = simulate(weeks.arrivals(seed), house, order)
    total = 0
    for each in sorted(done, key=lambda each: each.finished or 0):
        assert each.finished is not None
        assert each.finished >= each.arrival.at
        begun = house.shifts.worked(each.finished) - each.arrival.work
        assert begun >= total, "the one engineer does one after the other"
        total = begun + each.arrival.work


def test_the_number_of_processes_changes_nothing() -> None:
    told: list[int] = []
    one = run_all(SMALL, [1, 3], range(2), processes=1, tell=lambda: told.append(1))
    two = run_all(SMALL, [1, 3], range(2), processes=2)
    assert one == two
    assert len(told) == 2 * len(ORDERS) * 2


def test_bounds_that_do_not_hold_are_named() -> None:
    def results(**quiet: int) -> dict[tuple[float, str], Result]:
        good = Tally(1000, 1000, 990, 0)
        return {
            (1, "shipops"): Result(good, good),
            (20, "shipops"): Result(replace(good, **quiet), replace(good, **quiet)),
        }

    assert shortfalls(results(), [1, 20]) == []
    assert shortfalls(results(in_time=995), [1, 20]) == []
    assert "99.40 % were done" in shortfalls(results(in_time=994), [1, 20])[0]
    assert "1 promises were broken" in shortfalls(results(broken=1), [1, 20])[0]
    assert "changes by -1.10 points" in shortfalls(results(promised=979), [1, 20])[0]
    assert "94.90 % were promised" in shortfalls(results(promised=949), [1, 20])[0]


def test_no_tickets_are_no_failure() -> None:
    assert tally_of([]).percent_in_time == 100
    assert tally_of([]).percent_promised == 100


def test_quiet_clients_keep_their_promises_beside_a_noisy_one() -> None:
    weeks = Synthetic(slots=(1,) * 6, engineers=1, weeks=4, load=60)
    results = run_all(weeks, [1, 10], range(3), orders=["shipops"], processes=1)
    assert shortfalls(results, [1, 10]) == []


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_a_client_who_sends_20_times_its_share_changes_others_promises_by_at_most_a_point() -> None:
    factors = [1, 10, 20]
    results = run_all(Synthetic(), factors, range(100, 110), orders=["shipops", "severity"])
    assert shortfalls(results, factors) == []
    assert results[20, "severity"].quiet.percent_in_time < 80
