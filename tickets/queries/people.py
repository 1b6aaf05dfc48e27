from datetime import datetime, timedelta

from django.db.models import Count, Q, QuerySet

from clients.models import Member, User
from clients.queries import staff
from clients.rules.roles import OPS_ADMINS
from core.tokens import hash_token
from tickets.models import FixCheck, Report, Reporter, Ticket

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


def mail_reporters(ticket_id: int) -> list[Reporter]:
    """List the people of a ticket's reports who are told of it by mail, each once."""
    reporters = Reporter.objects.filter(reports__ticket_id=ticket_id).distinct()
    return _reachable(reporters)


def mail_reporter(report: Report) -> Reporter | None:
    """Give the person of one report, if they can be told of it by mail."""
    if report.reporter_id is None:
        return None
    return next(iter(_reachable(Reporter.objects.filter(pk=report.reporter_id))), None)


def _reachable(reporters: QuerySet[Reporter]) -> list[Reporter]:
    """List those who left an address and, where they have an account, may still see the client."""
    known = reporters.select_related("user", "client").order_by("pk")
    members = set(
        Member.objects.filter(
            user__in=[person.user_id for person in known if person.user_id],
            client__in=[person.client_id for person in known],
        ).values_list("user_id", "client_id")
    )
    return [
        person
        for person in known
        if (
            person.user.is_active
            and (person.user.staff_role or (person.user_id, person.client_id) in members)
            if person.user
            else person.email
        )
    ]


def hearers_of(ticket: Ticket) -> list[User]:
    """List who on our side hears of an answer: who has the ticket, else the client's lead, else
    every ops admin."""
    for person in (ticket.assignee, ticket.client.lead):
        if person and person.staff_role:
            return [person]
    return ops_admins()


def ops_admins() -> list[User]:
    """List the ops admins; where the group is empty, the superusers."""
    admins = list(staff().filter(groups__name=OPS_ADMINS))
    return admins or list(staff().filter(is_superuser=True))


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


def own_report(ticket_id: int, reporter_id: int) -> Report:
    """Give what a person reported on a ticket, the first if several."""
    own = Report.objects.filter(ticket_id=ticket_id, reporter_id=reporter_id)
    return own.order_by("pk")[:1].get()


def has_reported(user: User, client_id: int) -> bool:
    """Tell whether the user ever reported something to the client's account."""
    return Reporter.objects.filter(user=user, client_id=client_id, reports__isnull=False).exists()


def open_fix_checks(user: User, client_id: int) -> QuerySet[FixCheck]:
    """List the questions "does it work for you?" that the user has not answered, newest first."""
    return (
        FixCheck.objects.filter(
            reporter__user=user, reporter__client_id=client_id, state=FixCheck.State.ASKED
        )
        .select_related("ticket")
        .order_by("-asked_at")
    )
