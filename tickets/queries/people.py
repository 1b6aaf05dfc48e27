from datetime import datetime, timedelta

from django.db.models import Count, Q, QuerySet

from clients.models import User
from core.tokens import hash_token
from tickets.models import FixCheck, Reporter, Ticket

PRESENT_SECONDS = 45


def reach_of(ticket_id: int) -> tuple[int, int]:
    """Count the distinct people of a ticket's reports: those who count, and unsigned ones."""
    counting = Q(user__isnull=False) | Q(email_confirmed_at__isnull=False)
    people = Reporter.objects.filter(reports__ticket_id=ticket_id)
    counts = people.aggregate(
        counted=Count("pk", filter=counting, distinct=True),
        unsigned=Count("pk", filter=~counting, distinct=True),
    )
    return counts["counted"], counts["unsigned"]


def mail_reporters(ticket_id: int) -> QuerySet[Reporter]:
    """List the people of a ticket's reports who can be reached by mail, each once."""
    return (
        Reporter.objects.filter(reports__ticket_id=ticket_id)
        .exclude(email="")
        .select_related("user", "client")
        .distinct()
    )


def viewers_of(ticket: Ticket, *, but: User, now: datetime) -> QuerySet[User]:
    """List who else has the ticket open right now."""
    since = now - timedelta(seconds=PRESENT_SECONDS)
    seen = ticket.presences.filter(seen_at__gte=since).exclude(user=but)
    return User.objects.filter(pk__in=seen.values("user")).order_by("name")


def find_fix_check(token: str, *, now: datetime) -> FixCheck:
    """Give the open question of a token; raises FixCheck.DoesNotExist for any other token."""
    return FixCheck.objects.select_related("ticket__project", "reporter").get(
        token_hash=hash_token(token), state=FixCheck.State.ASKED, expires_at__gt=now
    )


def has_reported(user: User, client_id: int) -> bool:
    """Tell whether the user ever reported something to the client's account."""
    return Reporter.objects.filter(user=user, client_id=client_id, reports__isnull=False).exists()


def open_fix_checks(user: User, client_id: int) -> QuerySet[FixCheck]:
    """List the shipped fixes whose "does it work for you?" the user has not answered, newest first."""
    return (
        FixCheck.objects.filter(
            reporter__user=user, reporter__client_id=client_id, state=FixCheck.State.ASKED
        )
        .select_related("ticket")
        .order_by("-asked_at")
    )
