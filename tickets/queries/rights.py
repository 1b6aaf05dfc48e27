"""Who the clients' own customers are, and all that is kept of one of them."""

from django.db.models import Count, Max, Q, QuerySet

from clients.models import Member, User
from core.models import OutboxMessage
from core.people import Person
from tickets.models import Comment, PersonRequest, Report, Reporter


def people_of(client_id: int, wanted: str = "") -> QuerySet[Reporter]:
    """List who reported something to a client and still is known by something, newest first."""
    known = Q(user__isnull=False) | ~Q(email="") | ~Q(name="") | ~Q(signed_id="")
    people = Reporter.objects.filter(known, client_id=client_id).select_related("user")
    if wanted:
        found = Q(email__icontains=wanted) | Q(name__icontains=wanted)
        found |= (
            Q(signed_id=wanted) | Q(user__email__icontains=wanted) | Q(user__name__icontains=wanted)
        )
        people = people.filter(found)
    return people.annotate(
        report_count=Count("reports"), last_at=Max("reports__received_at")
    ).order_by("-pk")


def same_person(client_id: int, *, reporter_id: int = 0, email: str = "") -> list[Reporter]:
    """Give the rows of one person at a client, by one of them or by an address."""
    people = Reporter.objects.filter(client_id=client_id).select_related("user")
    address = email.strip().lower()
    one = people.filter(pk=reporter_id).first() if reporter_id else None
    if one:
        address = one.user.email.lower() if one.user else one.email
    same = Q(pk=one.pk) if one else Q(pk=None)
    if address:
        same |= Q(email=address) | Q(user__email__iexact=address)
    return list(people.filter(same).order_by("pk"))


def person_of(client_id: int, rows: list[Reporter]) -> Person:
    """Give the person of some rows."""
    emails = {row.email for row in rows}
    # Mails to members go to their address as they wrote it.
    emails |= {
        kept for row in rows if row.user for kept in (row.user.email, row.user.email.lower())
    }
    return Person(
        client_id=client_id,
        reporter_ids=tuple(row.pk for row in rows),
        user_ids=tuple(row.user_id for row in rows if row.user_id),
        emails=tuple(sorted(emails - {""})),
        signed_ids=tuple(row.signed_id for row in rows if row.signed_id),
    )


def is_of_the_team(client_id: int, rows: list[Reporter]) -> bool:
    """Tell whether a person has a place at the client, or is of our staff."""
    users = User.objects.filter(pk__in=[row.user_id for row in rows if row.user_id])
    members = Member.objects.filter(client_id=client_id, user__in=users)
    return members.exists() or users.filter(is_staff=True).exists()


def requests_of(client_id: int) -> QuerySet[PersonRequest]:
    """List what was given out and erased of a client's people, newest first."""
    return PersonRequest.objects.filter(client_id=client_id).select_related("asked_by")


def reports_by(person: Person) -> QuerySet[Report]:
    """List what a person reported."""
    return Report.objects.filter(reporter__in=person.reporter_ids)


def comments_by(person: Person) -> QuerySet[Comment]:
    """List what a person said."""
    by_user = Q(author_user__in=person.user_ids) & (
        Q(ticket__client_id=person.client_id) | Q(report__client_id=person.client_id)
    )
    return Comment.objects.filter(Q(author_reporter__in=person.reporter_ids) | by_user)


def mails_to(person: Person) -> QuerySet[OutboxMessage]:
    """List the mails to a person about what they reported."""
    about = references_of(reports_by(person))
    return OutboxMessage.objects.filter(recipient__in=person.emails, reference__in=about)


def references_of(reports: QuerySet[Report]) -> list[str]:
    """Give what the outbox calls reports and their tickets."""
    numbers = reports.values_list("pk", "ticket__number", "home__number")
    return [f"ticket:{number}" for number in {n for row in numbers for n in row if n}]
