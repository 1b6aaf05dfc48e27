from django.db import models
from django.db.models import Q

from clients.models import ApiKey, Client
from core.models import EventRow
from tickets.models.alerts import Alert
from tickets.models.conversation import Comment
from tickets.models.merging import TicketMerge
from tickets.models.outbreaks import Outbreak
from tickets.models.reports import Report, Reporter
from tickets.models.tickets import FixCheck, Ticket, TicketLink
from tickets.models.work import TimeEntry


class TicketEventKind(models.TextChoices):
    """Everything that can happen to a report or a ticket."""

    REPORT_RECEIVED = "report.received", "reported this"
    REPORT_PROPOSED = "report.proposed", "read it and proposed a triage"
    REPORT_ACCEPTED = "report.accepted", "accepted the report"
    REPORT_JOINED = "report.joined", "joined a report of the same problem"
    REPORT_SPLIT = "report.split", "took the report back into triage"
    REPORT_DECLINED = "report.declined", "declined the report"
    REPORT_RECONSIDERED = "report.reconsidered", "took the declined report back into triage"
    REPORT_ASKED = "report.asked", "asked a question"
    REPORT_ANSWERED = "report.answered", "answered the question"
    TICKET_OPENED = "ticket.opened", "opened the ticket"
    TICKET_EDITED = "ticket.edited", "edited the ticket"
    SEVERITY_CONFIRMED = "ticket.severity_confirmed", "confirmed the severity"
    P1_APPROVED = "ticket.p1_approved", "raised it to P1 for its reach"
    REACH_CHANGED = "ticket.reach_changed", "counted one more person affected"
    TICKET_STARTED = "ticket.started", "started work"
    TICKET_ASSIGNED = "ticket.assigned", "assigned the ticket"
    TICKET_PUT_BACK = "ticket.put_back", "put it back into the queue"
    TICKET_WAITING = "ticket.waiting", "waits for the client"
    TICKET_RESUMED = "ticket.resumed", "went on"
    TICKET_IN_REVIEW = "ticket.in_review", "asked for review"
    TICKET_SHIPPED = "ticket.shipped", "shipped the fix"
    FIX_CONFIRMED = "ticket.fix_confirmed", "said it works"
    FIX_DENIED = "ticket.fix_denied", "said it is still broken"
    TICKET_REOPENED = "ticket.reopened", "reopened the ticket"
    TICKET_CLOSED = "ticket.closed", "closed the ticket without a fix"
    TICKET_MERGED = "ticket.merged", "merged it into another ticket"
    TICKET_MERGED_IN = "ticket.merged_in", "merged another ticket into it"
    TICKET_UNMERGED = "ticket.unmerged", "took it out of another ticket again"
    TICKET_UNMERGED_FROM = "ticket.unmerged_from", "took another ticket out of it again"
    TICKET_WATCHED = "ticket.watched", "wants to hear of it"
    TICKET_UNWATCHED = "ticket.unwatched", "does not want to hear of it any more"
    TITLE_PUBLISHED = "ticket.title_published", "changed what the public reads of it"
    COMMENT_POSTED = "comment.posted", "replied"
    NOTE_POSTED = "comment.noted", "wrote an internal note"
    LINK_ADDED = "ticket.link_added", "linked a pull request"
    COMMITTED = "ticket.committed", "promised a due time"
    NOT_PROMISED = "ticket.not_promised", "put it into the backlog"
    DUE_MOVED = "ticket.due_moved", "moved the due time"
    OVERRIDDEN = "ticket.overridden", "took it out of order"
    OUTBREAK_JOINED = "ticket.outbreak_joined", "linked it to an outbreak"
    OUTBREAK_LEFT = "ticket.outbreak_left", "took it out of an outbreak"
    SLA_TERMS = "sla.terms", "changed what is promised"
    SLA_ACTIVATED = "sla.activated", "started a clock"
    SLA_PAUSED = "sla.paused", "paused a clock"
    SLA_RESUMED = "sla.resumed", "resumed a clock"
    SLA_WARNED = "sla.warned", "warned of a clock"
    SLA_BREACHED = "sla.breached", "saw a clock run out"
    SLA_FULFILLED = "sla.fulfilled", "fulfilled a clock"
    TIME_LOGGED = "time.logged", "logged time"
    TIME_VOIDED = "time.voided", "voided logged time"
    ALERT_RAISED = "alert.raised", "raised an alert"
    ALERT_ESCALATED = "alert.escalated", "escalated the alert"
    ALERT_ACKNOWLEDGED = "alert.acknowledged", "acknowledged the alert"


class TicketEvent(EventRow):
    """One thing that happened to a report or a ticket."""

    kind = models.CharField(max_length=40, choices=TicketEventKind)
    client = models.ForeignKey(
        Client, on_delete=models.PROTECT, related_name="ticket_events", db_index=False
    )
    ticket = models.ForeignKey(
        Ticket, null=True, on_delete=models.PROTECT, related_name="events", db_index=False
    )
    report = models.ForeignKey(
        Report, null=True, on_delete=models.PROTECT, related_name="events", db_index=False
    )
    comment = models.ForeignKey(
        Comment, null=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    time_entry = models.ForeignKey(
        TimeEntry, null=True, on_delete=models.PROTECT, related_name="events", db_index=False
    )
    link = models.ForeignKey(
        TicketLink, null=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    fix_check = models.ForeignKey(
        FixCheck, null=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    alert = models.ForeignKey(
        Alert, null=True, on_delete=models.PROTECT, related_name="events", db_index=False
    )
    outbreak = models.ForeignKey(
        Outbreak, null=True, on_delete=models.PROTECT, related_name="events", db_index=False
    )
    merge = models.ForeignKey(
        TicketMerge, null=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    actor_key = models.ForeignKey(
        ApiKey, null=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    actor_reporter = models.ForeignKey(
        Reporter, null=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )

    class Meta:
        ordering = ["at", "pk"]
        indexes = [
            models.Index(
                fields=["ticket", "at"], condition=Q(ticket__isnull=False), name="event_of_ticket"
            ),
            models.Index(fields=["report", "at"], name="event_of_report"),
            models.Index(fields=["kind", "at"], name="event_of_kind"),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} ({self.kind})"
