"""The lives of a report and of a ticket: their states and the moves between them."""

from django.db.models import TextChoices


class ReportState(TextChoices):
    """Where a report stands on its way to a ticket."""

    RECEIVED = "received", "Received"
    PROPOSED = "proposed", "Waiting for triage"
    ASKED = "asked", "Waiting for the reporter"
    ACCEPTED = "accepted", "Accepted"
    DUPLICATE = "duplicate", "Joined another ticket"
    DECLINED = "declined", "Declined"


class TicketState(TextChoices):
    """Where a ticket stands on its way to a fix that works."""

    QUEUED = "queued", "In the queue"
    IN_PROGRESS = "in_progress", "In progress"
    WAITING = "waiting", "Waiting for the client"
    IN_REVIEW = "in_review", "In review"
    SHIPPED = "shipped", "Shipped"
    VERIFIED = "verified", "Verified"
    CLOSED = "closed", "Closed"
    MERGED = "merged", "Merged"


_R, _T = ReportState, TicketState

REPORT_MOVES: dict[ReportState, frozenset[ReportState]] = {
    _R.RECEIVED: frozenset({_R.PROPOSED}),
    _R.PROPOSED: frozenset({_R.ASKED, _R.ACCEPTED, _R.DUPLICATE, _R.DECLINED}),
    _R.ASKED: frozenset({_R.PROPOSED, _R.ACCEPTED, _R.DUPLICATE, _R.DECLINED}),
    _R.ACCEPTED: frozenset(),
    _R.DUPLICATE: frozenset({_R.PROPOSED}),
    _R.DECLINED: frozenset({_R.PROPOSED}),
}
TICKET_MOVES: dict[TicketState, frozenset[TicketState]] = {
    _T.QUEUED: frozenset({_T.IN_PROGRESS, _T.WAITING, _T.CLOSED, _T.MERGED}),
    _T.IN_PROGRESS: frozenset({_T.QUEUED, _T.WAITING, _T.IN_REVIEW, _T.CLOSED, _T.MERGED}),
    _T.WAITING: frozenset({_T.QUEUED, _T.IN_PROGRESS, _T.CLOSED, _T.MERGED}),
    _T.IN_REVIEW: frozenset({_T.IN_PROGRESS, _T.SHIPPED, _T.MERGED}),
    _T.SHIPPED: frozenset({_T.VERIFIED, _T.QUEUED}),
    _T.VERIFIED: frozenset({_T.QUEUED}),
    _T.CLOSED: frozenset({_T.QUEUED}),
    # Taken out again, it is what it was before.
    _T.MERGED: frozenset({_T.QUEUED, _T.IN_PROGRESS, _T.WAITING, _T.IN_REVIEW}),
}
IN_TRIAGE = (_R.RECEIVED, _R.PROPOSED, _R.ASKED)
BEGUN = (_T.IN_PROGRESS, _T.WAITING, _T.IN_REVIEW)
OPEN = (_T.QUEUED, _T.IN_PROGRESS, _T.WAITING, _T.IN_REVIEW)
DONE = (_T.SHIPPED, _T.VERIFIED, _T.CLOSED)
LIVE = (_T.SHIPPED, _T.VERIFIED)
# Another report of the same problem may join these; what is done must be reopened first.
JOINABLE = (*OPEN, _T.SHIPPED)


class DeclineReason(TextChoices):
    """Why no ticket comes of a report."""

    WORKS_AS_MEANT = "works_as_meant", "Works as meant"
    CANNOT_REPRODUCE = "cannot_reproduce", "Cannot be reproduced"
    OUT_OF_SCOPE = "out_of_scope", "Outside the retainer"
    ANSWERED = "answered", "Question answered"
    SPAM = "spam", "Spam or a test"
