from tickets.queries.access import (
    get_attachment_for,
    get_report_for,
    get_ticket_for,
    loose_attachments,
    reports_for,
    role_of,
    tickets_for,
)
from tickets.queries.alerts import now_on_call, open_alerts
from tickets.queries.conversation import public_comments
from tickets.queries.figures import (
    arrivals_and_ships,
    first_response_minutes,
    load_by_engineer,
    open_by_priority,
    proposal_accuracy,
)
from tickets.queries.lists import (
    capped_count,
    client_reports,
    client_tickets,
    queue,
    recently_shipped,
    same_signal_tickets,
    triage_counts,
    triage_inbox,
)
from tickets.queries.people import (
    find_fix_check,
    has_reported,
    mail_reporters,
    open_fix_checks,
    reach_of,
    viewers_of,
)
from tickets.queries.timeline import TimelineEntry, reports_of, timeline_of

__all__ = [
    "TimelineEntry",
    "arrivals_and_ships",
    "capped_count",
    "client_reports",
    "client_tickets",
    "find_fix_check",
    "first_response_minutes",
    "get_attachment_for",
    "get_report_for",
    "get_ticket_for",
    "has_reported",
    "load_by_engineer",
    "loose_attachments",
    "mail_reporters",
    "now_on_call",
    "open_alerts",
    "open_by_priority",
    "open_fix_checks",
    "proposal_accuracy",
    "public_comments",
    "queue",
    "reach_of",
    "recently_shipped",
    "reports_for",
    "reports_of",
    "role_of",
    "same_signal_tickets",
    "tickets_for",
    "timeline_of",
    "triage_counts",
    "triage_inbox",
    "viewers_of",
]
