"""Priority from severity and reach (docs: the queue, 1)."""

from tickets.rules.words import Priority, Severity

# severity: (priority, priority from the reach on, that reach)
_MATRIX = {
    Severity.S1: (Priority.P1, Priority.P1, 0),
    Severity.S2: (Priority.P2, Priority.P1, 5),
    Severity.S3: (Priority.P3, Priority.P2, 5),
    Severity.S4: (Priority.P4, Priority.P3, 20),
}


def priority_of(severity: Severity, reach: int, *, p1_approved: bool) -> Priority:
    """Give the priority; ``reach`` is in distinct people.

    Becoming P1 by reach alone needs a person's approval; without it such a ticket stays P2.
    """
    base, raised, threshold = _MATRIX[severity]
    if reach < threshold:
        return base
    if raised == Priority.P1 and base != Priority.P1 and not p1_approved:
        return base
    return raised


def awaits_p1_approval(severity: Severity, reach: int, *, p1_approved: bool) -> bool:
    """Tell whether a person's click would make this ticket P1."""
    now = priority_of(severity, reach, p1_approved=p1_approved)
    return now != priority_of(severity, reach, p1_approved=True)
