"""Every state, public step and severity has its plain words."""

from tickets.queries.timeline import PUBLIC_EVENTS
from tickets.rules.plain_words import CLAIMS, REPORT_STANDINGS, STEPS, TICKET_STANDINGS
from tickets.rules.states import ReportState, TicketState
from tickets.rules.words import Severity


def test_every_state_says_where_it_stands_and_what_comes_next() -> None:
    assert set(REPORT_STANDINGS) == set(ReportState.values)
    assert set(TICKET_STANDINGS) == set(TicketState.values)
    for standing in [*REPORT_STANDINGS.values(), *TICKET_STANDINGS.values()]:
        assert standing.label
        assert standing.next_step.endswith((".", "?"))


def test_every_public_step_is_told() -> None:
    assert set(STEPS) == {kind.value for kind in PUBLIC_EVENTS}


def test_every_severity_can_be_claimed() -> None:
    assert [value for value, _, _ in CLAIMS] == Severity.values
