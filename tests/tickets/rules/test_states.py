from collections.abc import Mapping
from enum import Enum

import pytest

from clients.rules.retainers import RETAINER_MOVES, SERVED, RetainerState
from tickets.rules.states import (
    DONE,
    IN_TRIAGE,
    OPEN,
    REPORT_MOVES,
    TICKET_MOVES,
    ReportState,
    TicketState,
)

TABLES = [
    (RETAINER_MOVES, RetainerState, RetainerState.DRAFT),
    (REPORT_MOVES, ReportState, ReportState.RECEIVED),
    (TICKET_MOVES, TicketState, TicketState.QUEUED),
]


@pytest.mark.parametrize(("moves", "states", "first"), TABLES)
def test_every_state_has_its_moves_and_can_be_reached(
    moves: Mapping[Enum, frozenset[Enum]], states: type[Enum], first: Enum
) -> None:
    assert set(moves) == set(states)
    reached, todo = {first}, [first]
    while todo:
        for state in moves[todo.pop()] - reached:
            reached.add(state)
            todo.append(state)
    assert reached == set(states)


@pytest.mark.parametrize(("moves", "states", "first"), TABLES)
def test_no_state_moves_to_itself(
    moves: Mapping[Enum, frozenset[Enum]], states: type[Enum], first: Enum
) -> None:
    assert all(state not in targets for state, targets in moves.items())


def test_a_ticket_is_open_done_or_part_of_another_and_done_ones_can_be_reopened() -> None:
    assert {*OPEN, *DONE, TicketState.MERGED} == set(TicketState)
    assert not set(OPEN) & set(DONE)
    assert all(TicketState.QUEUED in TICKET_MOVES[state] for state in DONE)


def test_only_open_tickets_become_part_of_another_and_are_what_they_were_again() -> None:
    merged = {state for state, moves in TICKET_MOVES.items() if TicketState.MERGED in moves}
    assert merged == set(OPEN) == set(TICKET_MOVES[TicketState.MERGED])


def test_a_report_leaves_triage_only_by_a_decision() -> None:
    assert set(IN_TRIAGE) == {ReportState.RECEIVED, ReportState.PROPOSED, ReportState.ASKED}
    assert REPORT_MOVES[ReportState.RECEIVED] == {ReportState.PROPOSED}


def test_an_ended_retainer_is_over_and_only_running_ones_are_served() -> None:
    assert not RETAINER_MOVES[RetainerState.ENDED]
    assert {RetainerState.TRIALING, RetainerState.ACTIVE, RetainerState.PAST_DUE} == SERVED
