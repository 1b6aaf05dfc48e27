from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db.models import Count, Exists, OuterRef, Q, QuerySet, TextField, Value
from django.db.models.functions import Cast, Coalesce, Lower, NullIf

from clients.models import Member, User
from clients.queries import staff
from clients.rules.roles import OPS_ADMINS
from core.tokens import hash_token
from tickets.models import (
    FixCheck,
    Report,
    Reporter,
    Ticket,
    TicketEvent,
    TicketEventKind,
    TicketMerge,
)
from tickets.rules.states import LIVE

PRESENT_SECONDS = 45


def reach_of(tickets: list[int]) -> tuple[int, int]:
    """Count the distinct people of tickets' reports: those who count, and unsigned ones.

    An address is one person, with an account and without.
    """
    counting = Q(user__isnull=False) | Q(email_confirmed_at__isnull=False) | ~Q(signed_id="")
    address = NullIf(Lower(Coalesce("user__email", "email")), Value(""))
    person = Coalesce(address, Cast("pk", TextField()))
    people = Reporter.objects.filter(reports__ticket__in=tickets)
    counts = people.aggregate(
        counted=Count(person, filter=counting, distinct=True), all=Count(person, distinct=True)
    )
    return counts["counted"], counts["all"] - counts["counted"]


def mail_reporters(ticket_id: int) -> list[Reporter]:
    """List the people of a ticket's reports who are told of it by mail, each address once.

    Whoever wrote with and without their account is told as the one who has it.
    """
    reports = Report.objects.filter(ticket_id=ticket_id)
    people = list(_reachable(Reporter.objects.filter(pk__in=reports.values("reporter"))))
    first: dict[str, Reporter] = {}
    for person in sorted(people, key=lambda each: each.user is None):
        first.setdefault(person.user.email.lower() if person.user else person.email, person)
    return [person for person in people if person.user or first[person.email] == person]


def mail_reporter(report: Report) -> Reporter | None:
    """Give the person of one report, if they can be told of it by mail."""
    if report.reporter_id is None:
        return None
    return _reachable(Reporter.objects.filter(pk=report.reporter_id)).first()


def _reachable(reporters: QuerySet[Reporter]) -> QuerySet[Reporter]:
    """List those who left an address and, where they have an account, may still see the client."""
    members = Member.objects.filter(user=OuterRef("user"), client=OuterRef("client"))
    may_see = Q(user__is_active=True) & (Q(user__in=staff().values("pk")) | Exists(members))
    wanted = may_see | (Q(user=None) & ~Q(email=""))
    return reporters.filter(wanted).select_related("user", "client").order_by("pk")


def asked_since(shipped_at: datetime | OuterRef) -> QuerySet[FixCheck]:
    """List the questions of a shipping; one that was withdrawn is asked again of who comes back."""
    return FixCheck.objects.filter(asked_at__gte=shipped_at).exclude(
        state=FixCheck.State.SUPERSEDED
    )


def ships_to_ask(*, since: datetime) -> QuerySet[Ticket]:
    """List the tickets shipped since an instant that have a reporter nobody asked about it yet.

    Also those that somebody came to since: by a merge, or by joining.
    """
    asked = asked_since(OuterRef("ticket__shipped_at")).filter(
        ticket=OuterRef("ticket"), reporter=OuterRef("reporter")
    )
    unasked = Report.objects.filter(
        ~Exists(asked), ticket=OuterRef("pk"), reporter__in=_reachable(Reporter.objects.all())
    )
    same = Report.objects.filter(
        Q(reporter__user__email__iexact=OuterRef("reporter__email"))
        | Q(
            reporter__user=None,
            reporter__email=OuterRef("reporter__email"),
            reporter__lt=OuterRef("reporter"),
        ),
        ticket=OuterRef("ticket"),
        reporter__in=_reachable(Reporter.objects.all()),
    )
    unasked = unasked.exclude(Q(reporter__user=None) & Exists(same))
    # Whoever came to it later is asked, too.
    merged = TicketMerge.objects.filter(merged_at__gte=since, undone_at=None).values("target")
    joined = TicketEvent.objects.filter(
        kind=TicketEventKind.REPORT_JOINED, at__gte=since, ticket__isnull=False
    ).values("ticket")
    lately = Q(shipped_at__gte=since) | Q(pk__in=merged) | Q(pk__in=joined)
    shipped = Ticket.objects.filter(lately, state__in=LIVE)
    return shipped.filter(Exists(unasked)).order_by("pk")


def mail_watchers(ticket: Ticket, *, but: Iterable[Reporter]) -> list[User]:
    """List the client's people who watch a ticket and are told of it, less those told already."""
    told = {(person.user.email if person.user else person.email).lower() for person in but}
    members = Member.objects.filter(client=ticket.client_id).values("user")
    people = User.objects.filter(
        pk__in=ticket.watchers.values("user"), is_active=True, is_staff=False
    ).filter(pk__in=members)
    return [person for person in people.order_by("pk") if person.email.lower() not in told]


def hearers_of(ticket: Ticket) -> list[User]:
    """List who on our side hears of an answer: who has the ticket, else the client's lead, else
    every ops admin; and whoever of the staff watches it."""
    watching = list(staff().filter(pk__in=ticket.watchers.values("user")).order_by("pk"))
    first = next((p for p in (ticket.assignee, ticket.client.lead) if p and p.staff_role), None)
    hearers = [first] if first else ops_admins()
    return [*hearers, *(person for person in watching if person not in hearers)]


def watchers_of(ticket: Ticket) -> QuerySet[User]:
    """List who watches a ticket, each once, by name."""
    return User.objects.filter(pk__in=ticket.watchers.values("user")).order_by("name", "pk")


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
