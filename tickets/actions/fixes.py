"""Does it work for you? The question after shipping, and its answers."""

from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction

from clients.models import User
from clients.rules.roles import require
from core.actions import queue_mail
from core.errors import MoveRefused
from core.text import is_blank, one_line
from core.tokens import derive_token, hash_token, placeholder
from tickets.actions.answers import confirm_address
from tickets.actions.clocks import keep_clocks
from tickets.actions.content import Sender
from tickets.actions.conversation import reply_to_ticket
from tickets.actions.events import record
from tickets.actions.joining import join_as_own
from tickets.actions.locks import hold_together, lock_ticket, save_ticket
from tickets.actions.mails import tell_staff
from tickets.actions.promises import promise
from tickets.actions.reach import count_reach
from tickets.actions.reports import receive_report
from tickets.actions.shares import join_queue
from tickets.actions.tickets import reopen
from tickets.models import FixCheck, Reporter, Source, Ticket, TicketEvent, TicketEventKind
from tickets.queries.access import Actor, role_of
from tickets.queries.people import asked_since, find_fix_check, mail_reporters, own_report
from tickets.rules.states import LIVE, TicketState

FIX_CHECK_DAYS = 30


@transaction.atomic
def ask_reporters(*, event_id: int, now: datetime) -> int:
    """Ask every reporter of a shipped ticket, once each, by mail; gives how many were asked.

    Doing it again asks nobody, nor does it once the ticket was reopened or shipped anew.
    """
    event = TicketEvent.objects.get(pk=event_id, kind=TicketEventKind.TICKET_SHIPPED)
    assert event.ticket_id is not None
    ticket = Ticket.objects.select_for_update(no_key=True).get(pk=event.ticket_id)
    if ticket.state not in LIVE or ticket.shipped_at != event.at:
        return 0
    asked = set(asked_since(event.at).filter(ticket=ticket).values_list("reporter", flat=True))
    people = [person for person in mail_reporters(ticket.pk) if person.pk not in asked]
    for reporter in people:
        _ask(ticket, reporter, now)
    return len(people)


@transaction.atomic
def answer_fix_check(*, token: str, works: bool, comment: str, now: datetime) -> Ticket:
    """Take a reporter's answer from the mailed link; it works once.

    Raises FixCheck.DoesNotExist for a token that is unknown, answered, lapsed or expired.
    """
    found = find_fix_check(token, now=now)
    hold_together(Ticket.objects.filter(pk=found.ticket_id))
    ticket = Ticket.objects.select_for_update(no_key=True).get(pk=found.ticket_id)
    check = find_fix_check(token, now=now)
    _settle(check, works, now)
    _answer(ticket, works, comment, check.reporter, now, check)
    return ticket


@transaction.atomic
def answer_fix(*, ticket_id: int, works: bool, comment: str, actor: User, now: datetime) -> Ticket:
    """Take a member's answer from the portal; an open question to them by mail lapses.

    Saying again that it works changes nothing.
    """
    ticket = lock_ticket(ticket_id, actor=actor, action="ticket.answer_fix")
    if works and _has_confirmed(ticket, actor):
        return ticket
    check = ticket.fix_checks.filter(state=FixCheck.State.ASKED, reporter__user=actor).first()
    if check:
        _settle(check, works, now)
    _answer(ticket, works, comment, actor, now, check)
    return ticket


def _ask(ticket: Ticket, reporter: Reporter, now: datetime) -> None:
    """Mail the question in the reporter's own words: the ticket's title may be somebody else's."""
    own = own_report(ticket.pk, reporter.pk)
    check = FixCheck.objects.create(
        ticket=ticket,
        reporter=reporter,
        asked_at=now,
        expires_at=now + timedelta(days=FIX_CHECK_DAYS),
    )
    check.token_hash = hash_token(derive_token("fix_check", check.pk))
    check.save(update_fields=["token_hash"])
    link = f"{settings.SITE_URL}/v/{placeholder('fix_check', check.pk)}/"
    queue_mail(
        to=reporter.user.email if reporter.user else reporter.email,
        subject=f"[#{ticket.number}] Does it work for you now?",
        notice=(
            f"We shipped a fix for what you reported about {ticket.project.name}: "
            f"{one_line(own.headline)}\n\nDoes it work for you? Tell us with one click: {link}\n\n"
            "If it is still broken, the same page takes it back to us."
        ),
        now=now,
        reference=f"ticket:{ticket.number}",
    )


def _settle(check: FixCheck, works: bool, now: datetime) -> None:
    check.state = FixCheck.State.WORKS if works else FixCheck.State.BROKEN
    check.answered_at = now
    check.save(update_fields=["state", "answered_at"])


def _answer(
    ticket: Ticket,
    works: bool,
    comment: str,
    actor: Actor,
    now: datetime,
    check: FixCheck | None,
) -> None:
    require(role_of(actor, ticket.client_id), "ticket.answer_fix")
    if ticket.state not in LIVE:
        raise MoveRefused(f"#{ticket.number} is not shipped.")
    kind = TicketEventKind.FIX_CONFIRMED if works else TicketEventKind.FIX_DENIED
    record(ticket, kind, actor=actor, at=now, fix_check=check)
    newcomer = None if works or _has_reported(ticket, actor) else actor
    said = "" if is_blank(comment) else comment
    if said and newcomer is None:
        reply_to_ticket(ticket_id=ticket.pk, body=said, actor=actor, now=now)
        ticket.refresh_from_db()
    elif not works:
        text = said or "It is reopened; the reporter left no comment."
        tell_staff(ticket=ticket, subject="Still broken", text=text, now=now)
    if not works:
        _take_back(ticket, actor, now)
    elif ticket.state == TicketState.SHIPPED:
        ticket.check_move(TicketState.VERIFIED)
        ticket.state = TicketState.VERIFIED
        save_ticket(ticket, "state")
    if isinstance(newcomer, User):
        _count_in(ticket, said or "It is still broken for me, too.", newcomer, now)
    if isinstance(actor, Reporter):  # last of the locks, as where they answer by a reply link
        confirm_address(actor, now=now)
    count_reach(ticket, now=now)


def _take_back(ticket: Ticket, actor: Actor, now: datetime) -> None:
    reopen(ticket, now=now)
    record(ticket, TicketEventKind.TICKET_REOPENED, actor=actor, at=now)
    keep_clocks(ticket=ticket, now=now)
    join_queue(ticket, now=now)
    promise(ticket, now=now)


def _has_reported(ticket: Ticket, actor: Actor) -> bool:
    """Tell whether somebody counts on the ticket already, or cannot: an archived app takes none."""
    if not isinstance(actor, User) or ticket.project.archived_at:
        return True
    return ticket.reports.filter(reporter__user=actor).exists()


def _has_confirmed(ticket: Ticket, user: User) -> bool:
    if ticket.state not in LIVE:
        return False
    said = ticket.events.filter(kind=TicketEventKind.FIX_CONFIRMED, actor_user=user)
    return said.filter(at__gte=ticket.shipped_at).exists()


def _count_in(ticket: Ticket, text: str, user: User, now: datetime) -> None:
    """Keep what somebody says who had not reported it as their report: they are affected, too."""
    report, _ = receive_report(
        project_id=ticket.project_id,
        source=Source.PORTAL,
        text=text,
        sender=Sender(user=user),
        actor=user,
        now=now,
    )
    join_as_own(report, ticket.number, actor=user, now=now)
    ticket.refresh_from_db()
