"""Mail that comes in: kept as it came, then read, and made a report, a reply or nothing."""

import hashlib
import logging
import re
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction

from clients.models import Project, User
from clients.queries import house_role
from clients.rules.roles import require
from core import claims
from core.errors import InvalidInput, MoveRefused, Refused
from core.queue import enqueue
from core.text import clean_text, is_blank
from tickets.actions.attachments import upload_attachment
from tickets.actions.content import Sender
from tickets.actions.conversation import MOST_BODY, keep_note, reply_to_report
from tickets.actions.mails import mail_report
from tickets.actions.reports import receive_report
from tickets.models import InboundMail, Report, Reporter, Source
from tickets.queries import mail as queries
from tickets.queries.access import Actor
from tickets.queries.mail import Thread
from tickets.rules.mail import Mail, MailKind, files_of, kind_of, own_words, read_mail
from tickets.rules.mail.trust import passes_dmarc

logger = logging.getLogger(__name__)
LEASE = timedelta(minutes=5)
MOST_ATTEMPTS = 8
_LONGEST_ADDRESS = 254
_MESSAGE_ID = re.compile(rb"^message-id:[ \t\r\n]*(<[^<>\s]{1,400}>)", re.I | re.M)
_State, _Why = InboundMail.State, InboundMail.Why
_NOTHING = {
    MailKind.SPAM: _Why.SPAM, MailKind.BOUNCE: _Why.BOUNCE, MailKind.DELAY_NOTICE: _Why.AUTOMATIC,
    MailKind.COMPLAINT: _Why.AUTOMATIC, MailKind.NOTIFICATION: _Why.AUTOMATIC,
    MailKind.BULK: _Why.AUTOMATIC, MailKind.AUTO_REPLY: _Why.AUTOMATIC,
}  # fmt: skip


def keep_mail(*, raw: bytes, via: str, now: datetime, recipient: str = "") -> InboundMail:
    """Keep a mail as it came, and have it be read; the same to the same address again is the first.

    ``recipient`` is the address of its envelope, where the source knows it. Raises InvalidInput for
    nothing, and for more than ``INBOUND_MAIL_MAX_BYTES``.
    """
    if not raw:
        raise InvalidInput("There is no mail in it.")
    if len(raw) > settings.INBOUND_MAIL_MAX_BYTES:
        raise InvalidInput("This mail is too large.")
    to = clean_text(recipient).strip().lower()[:254]
    named = _MESSAGE_ID.search(raw[:65_536])
    key = hashlib.sha256(to.encode() + b"\0" + (named[1] if named else raw)).hexdigest()
    with transaction.atomic():
        mail, is_new = InboundMail.objects.get_or_create(
            arrival_key=key,
            defaults={
                "raw": raw,
                "via": via[:20],
                "recipient": to,
                "received_at": now,
                "due_at": now,
            },
        )
        if is_new:
            enqueue("tickets.tasks.take_mail", mail_id=mail.pk)
    return mail


def take_mails(*, now: datetime, mail_id: int | None = None) -> int:
    """Read what waits, or one mail; gives how many were taken up. One that fails is tried again."""
    waiting = InboundMail.objects.filter(state=_State.WAITING)
    due = claims.claim(waiting.filter(pk=mail_id) if mail_id else waiting, now=now, lease=LEASE)
    for mail in due:
        try:
            _take(mail, now)
        except _LeaseLost:
            logger.warning("mail %s was taken up by somebody else", mail.pk)
        except Refused as refusal:
            claims.finish(
                mail,
                state=_State.SET_ASIDE,
                why=_Why.REFUSED,
                last_error=refusal.message[:500],
            )
        except Exception as error:  # the outermost loop: one bad mail must not stop the others
            reason = f"{type(error).__name__}: {error}"[:500]
            logger.exception("mail %s failed", mail.pk)
            if mail.attempts < MOST_ATTEMPTS:
                claims.back_off(mail, now=now, error=reason)
            else:
                claims.finish(mail, state=_State.FAILED, last_error=reason)
    return len(due)


@transaction.atomic
def retry_mail(*, mail_id: int, actor: User, now: datetime) -> InboundMail:
    """Read a mail that was given up once more. Raises MoveRefused for any other."""
    mail = _lock(mail_id, actor, _State.FAILED)
    mail.state, mail.due_at, mail.attempts = _State.WAITING, now, 0
    mail.save(update_fields=["state", "due_at", "attempts"])
    enqueue("tickets.tasks.take_mail", mail_id=mail.pk)
    return mail


@transaction.atomic
def dismiss_mail(*, mail_id: int, actor: User, now: datetime) -> InboundMail:
    """Let nothing come of a mail that waits for approval; its note stays."""
    mail = _lock(mail_id, actor, _State.HELD)
    mail.state, mail.why = _State.SET_ASIDE, _Why.DISMISSED
    mail.save(update_fields=["state", "why"])
    return mail


def approve_mail(*, mail_id: int, actor: User, now: datetime) -> InboundMail:
    """Post what an unknown sender wrote to a thread, as theirs; from then on their name is known.

    They are not told of what happens there. Raises MoveRefused unless it waits for approval.
    """
    mail = InboundMail.objects.get(pk=mail_id)
    require(house_role(actor), "report.triage")
    letter = read_mail(bytes(mail.raw))
    files = _upload(letter, None, now) if mail.state == _State.HELD else []
    with transaction.atomic():
        mail = _lock(mail_id, actor, _State.HELD)
        assert mail.report is not None
        mail.comment = reply_to_report(
            report_id=mail.report.pk,
            body=_reply(letter),
            actor=_author(letter, mail.report.client_id),
            now=now,
            attachment_ids=files,
        )
        mail.state = _State.TAKEN
        mail.save(update_fields=["state", "comment"])
    return mail


def file_mail(*, mail_id: int, actor: User, now: datetime) -> InboundMail:
    """Make a report of a mail that was set aside: staff say that somebody wrote it.

    Raises MoveRefused for any other, and where it came to no project's address.
    """
    mail = InboundMail.objects.get(pk=mail_id)
    require(house_role(actor), "report.triage")
    if mail.state != _State.SET_ASIDE:
        raise MoveRefused("This mail is not set aside.")
    letter = read_mail(bytes(mail.raw))
    project = mail.project or queries.project_of_mail(mail, letter)
    if project is None:
        raise MoveRefused("It came to no project's address: file it by hand.")
    member = _member(letter, project)
    files = _upload(letter, member, now)
    with transaction.atomic():
        _lock(mail_id, actor, _State.SET_ASIDE)
        report = _receive(mail, letter, project, member, files, now)
        InboundMail.objects.filter(pk=mail.pk).update(
            state=_State.TAKEN, why="", report=report, project=project
        )
    mail.refresh_from_db()
    return mail


def _take(mail: InboundMail, now: datetime) -> None:
    letter = read_mail(bytes(mail.raw))
    kind = kind_of(letter)
    thread = queries.thread_of_mail(mail, letter)
    project = thread.report.project if thread else queries.project_of_mail(mail, letter)
    facts: dict[str, Any] = {
        "kind": kind,
        "message_id": letter.message_id,
        "sender": letter.sender.address[:254],
        "subject": letter.subject[:200],
        "project": project,
    }
    if why := _why_not(mail, letter, kind, project):
        if why == _Why.BOUNCE:
            _note_bounce(letter)
        _end(mail, state=_State.SET_ASIDE, why=why, **facts)
    elif thread:
        _say(mail, letter, thread, facts, now)
    else:
        assert project is not None
        _file(mail, letter, project, facts, now)


def _why_not(
    mail: InboundMail, letter: Mail, kind: MailKind, project: Project | None
) -> InboundMail.Why | None:
    if why := _NOTHING.get(kind):
        return why
    if project is None:
        return _Why.NO_ADDRESS
    return _Why.LOOP if queries.goes_round(mail, letter) else None


def _say(
    mail: InboundMail, letter: Mail, thread: Thread, facts: dict[str, Any], now: datetime
) -> None:
    """Post a mail on its thread, or hold it for approval where its sender may be anybody."""
    actor = queries.speaker_on(thread, letter)
    files = _upload(letter, actor, now) if actor else []
    report_id = thread.report.pk
    with transaction.atomic():
        if actor:
            state = _State.TAKEN
            comment = reply_to_report(
                report_id=report_id,
                body=_reply(letter),
                actor=actor,
                now=now,
                attachment_ids=files,
            )
        else:
            state = _State.HELD
            comment = keep_note(report_id=report_id, body=_held(letter), now=now)
        _end(mail, state=state, report=thread.report, comment=comment, **facts)


def _file(
    mail: InboundMail, letter: Mail, project: Project, facts: dict[str, Any], now: datetime
) -> None:
    """Make a mail a report, and tell its sender the number."""
    member = _member(letter, project)
    files = _upload(letter, member, now)
    with transaction.atomic():
        report = _receive(mail, letter, project, member, files, now)
        # Before the answer, which names the mail it answers.
        _end(mail, state=_State.TAKEN, report=report, **facts)
        if queries.may_be_answered(mail, letter):
            mail_report(
                report=report,
                body="Thank you, your report arrived. We will answer you here.",
                now=now,
                subject="We have your report",
            )


def _member(letter: Mail, project: Project) -> User | None:
    """Give who of the team wrote a mail, where it is proven."""
    if not passes_dmarc(letter, settings.INBOUND_TRUSTED_AUTHSERV):
        return None
    return queries.member_at(project.client_id, letter.sender.address)


def _receive(
    mail: InboundMail,
    letter: Mail,
    project: Project,
    member: User | None,
    files: list[int],
    now: datetime,
) -> Report:
    sender = Sender(email=_address(letter), name=letter.sender.name)
    report, _ = receive_report(
        project_id=project.pk,
        source=Source.EMAIL,
        source_key=f"mail:{mail.pk}",
        text=_text(letter),
        title=letter.subject,
        sender=Sender(user=member) if member else sender,
        attachment_ids=files,
        actor=member,
        now=now,
        received_at=mail.received_at,
    )
    return report


def _address(letter: Mail) -> str:
    """Give the sender's address, or nothing where it is none: what they wrote counts without."""
    address = letter.sender.address
    try:
        validate_email(address)
    except ValidationError:
        return ""
    return address if len(address) <= _LONGEST_ADDRESS else ""


def _author(letter: Mail, client_id: int) -> Reporter:
    """Give who wrote a mail as one of a client's reporters without an account."""
    name, email = letter.sender.name, _address(letter)
    if not email:
        return Reporter.objects.create(client_id=client_id, name=name)
    author, _ = Reporter.objects.get_or_create(
        client_id=client_id, user=None, signed_id="", email=email, defaults={"name": name}
    )
    return author


def _upload(letter: Mail, actor: Actor, now: datetime) -> list[int]:
    """Store a mail's files, as many as may be tied; one that is refused stays in the raw mail."""
    stored: list[int] = []
    for number, file in enumerate(files_of(letter), start=1):
        if len(stored) == settings.ATTACHMENT_MAX_COUNT:
            break
        name = file.name or f"image-{number}.{file.content_type.rpartition('/')[2][:8]}"
        try:
            upload = upload_attachment(name=name, data=file.content, actor=actor, now=now)
        except InvalidInput as refusal:
            logger.info("a file of a mail was left out: %s", refusal.message)
        else:
            stored.append(upload.pk)
    return stored


def _text(letter: Mail) -> str:
    return next(
        (text for text in (letter.text, letter.subject) if not is_blank(text)),
        "(The mail holds no text.)",
    )[:50_000]


def _reply(letter: Mail) -> str:
    said = own_words(letter) or _text(letter)
    if len(said) <= MOST_BODY:
        return said
    cut = "\n\n(Cut here; the whole mail is kept.)"
    return said[: MOST_BODY - len(cut)] + cut


def _held(letter: Mail) -> str:
    """Say what somebody wrote to a thread they are no part of, for staff to judge."""
    who = letter.sender.address or "an unknown address"
    quoted = "\n".join(f"> {line}" for line in _reply(letter).splitlines())
    note = f"{who} wrote by mail, and is not known on this thread. Approve it on the Mail page.\n\n"
    return (note + quoted)[:MOST_BODY]


def _note_bounce(letter: Mail) -> None:
    message = queries.bounced_message(letter)
    if message:
        message.last_error = f"It came back: {letter.subject}"[:500]
        message.save(update_fields=["last_error"])


def _lock(mail_id: int, actor: User, state: InboundMail.State) -> InboundMail:
    mail = InboundMail.objects.select_for_update(no_key=True, of=("self",)).get(pk=mail_id)
    require(house_role(actor), "report.triage")
    if mail.state != state:
        raise MoveRefused(f"This mail is {mail.get_state_display().lower()} by now.")
    if not mail.raw:
        raise MoveRefused("This mail was blanked: what it said is kept no longer.")
    return mail


class _LeaseLost(Exception):
    """Somebody else took the mail up meanwhile."""


def _end(mail: InboundMail, **changes: Any) -> None:
    if not claims.finish(mail, **changes):
        raise _LeaseLost
