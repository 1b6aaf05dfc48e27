import pytest
from hypothesis import given
from hypothesis import strategies as st

from tickets.rules.priority import awaits_p1_approval, priority_of
from tickets.rules.words import Priority, Severity

severities = st.sampled_from(list(Severity))
reaches = st.integers(0, 500)


@pytest.mark.parametrize(
    ("severity", "reach", "priority"),
    [
        ("S1", 0, "P1"), ("S1", 100, "P1"),
        ("S2", 0, "P2"), ("S2", 4, "P2"), ("S2", 5, "P1"),
        ("S3", 0, "P3"), ("S3", 4, "P3"), ("S3", 5, "P2"), ("S3", 1000, "P2"),
        ("S4", 0, "P4"), ("S4", 19, "P4"), ("S4", 20, "P3"), ("S4", 1000, "P3"),
    ],
)  # fmt: skip
def test_the_matrix_is_that_of_the_design(severity: str, reach: int, priority: str) -> None:
    assert priority_of(Severity(severity), reach, p1_approved=True) == priority


def test_p1_by_reach_alone_needs_a_person() -> None:
    assert priority_of(Severity.S2, 5, p1_approved=False) == Priority.P2
    assert awaits_p1_approval(Severity.S2, 5, p1_approved=False)
    assert not awaits_p1_approval(Severity.S2, 5, p1_approved=True)
    assert not awaits_p1_approval(Severity.S2, 4, p1_approved=False)
    assert not awaits_p1_approval(Severity.S1, 50, p1_approved=False)
    assert not awaits_p1_approval(Severity.S3, 50, p1_approved=False)


@given(severities, severities, reaches, reaches, st.booleans())
def test_raising_severity_or_reach_never_lowers(
    one: Severity, other: Severity, low: int, more: int, approved: bool
) -> None:
    worse, milder = min(one, other), max(one, other)
    assert priority_of(worse, low + more, p1_approved=approved) <= priority_of(
        milder, low, p1_approved=approved
    )


@given(severities, reaches)
def test_approval_never_lowers(severity: Severity, reach: int) -> None:
    assert priority_of(severity, reach, p1_approved=True) <= priority_of(
        severity, reach, p1_approved=False
    )
