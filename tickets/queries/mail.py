"""Where a mail belongs, and who wrote it."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta

from allauth.account.models import EmailAddress
from django.conf import settings
from django.db.models import Q, QuerySet

from clients.models import Member, Project, User
from core.mail_addresses import detail_of, thread_of
from core.models import OutboxMessage
from core.people import Person
from tickets.models import InboundMail, Report, Reporter, Source
from tickets.queries.rights import reports_by
from tickets.rules.mail import Mail, read_mail
from tickets.rules.mail.trust import passes_dmarc

# Where the address stands that a mail was delivered to.
_RECIPIENTS = (
    "to", "cc", "delivered-to", "x-original-to", "envelope-to", "x-envelope-to", "x-forwarded-to",
)  # fmt: skip
_OURS = re.compile(r"^<outbox-(\d{1,18})@([^<>@\s]+)>$")
_LOOP = timedelta(hours=1)
MOST_ROUNDS = 2
MOST_COMPARED = 5
PAGE = 50


@dataclass(frozen=True)
class Thread:
    """The report that a mail belongs to; proven where it came to the thread's own address."""

    report: Report
    is_proven: bool


def thread_of_mail(mail: InboundMail, letter: Mail) -> Thread | None:
    """Give what a mail answers: by our reply address, else by the ids of the mails it names.

    Never by its subject. Anybody may name an id: a mail to a project's address belongs to no thread
    of another client's.
    """
    threads = (thread_of(address) for address in recipients(mail, letter))
    for pk in filter(None, threads):
        if report := Report.objects.filter(pk=pk).first():
            return Thread(report, is_proven=True)
    project = project_of_mail(mail, letter)
    for message_id in letter.answers_to[:50]:
        report = _report_of(message_id)
        if report and (project is None or project.client_id == report.client_id):
            return Thread(report, is_proven=False)
    return None


def project_of_mail(mail: InboundMail, letter: Mail) -> Project | None:
    """Give the project to whose address a mail came."""
    tokens = list(filter(None, map(detail_of, recipients(mail, letter))))
    return Project.objects.filter(mail_token__in=tokens).order_by("pk").first()


def recipients(mail: InboundMail, letter: Mail) -> Iterable[str]:
    """Give the addresses a mail came to, that of its envelope first."""
    if mail.recipient:
        yield mail.recipient
    yield from (each.address for each in letter.addresses(*_RECIPIENTS)[:100])


def speaker_on(thread: Thread, letter: Mail) -> User | Reporter | None:
    """Give who may speak in a thread by mail: its reporter, or one of the team; else None.

    One of the team is named by From only where DMARC passes; who has no account also by writing
    to the address that was mailed to them alone.
    """
    address, report = letter.sender.address, thread.report
    is_true = passes_dmarc(letter, settings.INBOUND_TRUSTED_AUTHSERV)
    if user := member_at(report.client_id, address):
        return user if is_true else None
    reporter = report.reporter
    if reporter is None or reporter.user_id or not address or reporter.email != address:
        return None
    return reporter if is_true or thread.is_proven else None


def member_at(client_id: int, address: str) -> User | None:
    """Give who of a client's team has an address as theirs, confirmed."""
    confirmed = EmailAddress.objects.filter(email__iexact=address, verified=True)
    member = Member.objects.filter(
        client=client_id, user__is_active=True, user__in=confirmed.values("user")
    )
    found = member.select_related("user").first()
    return found.user if found else None


def goes_round(mail: InboundMail, letter: Mail) -> bool:
    """Tell whether the same sender wrote the same twice within an hour already: a loop."""
    earlier = _lately(mail, letter).filter(subject=letter.subject[:200])
    if earlier.count() < MOST_ROUNDS:
        return False
    same = [read_mail(bytes(each.raw)).text == letter.text for each in earlier[:MOST_COMPARED]]
    return sum(same) >= MOST_ROUNDS


def may_be_answered(mail: InboundMail, letter: Mail) -> bool:
    """Tell whether we may say by ourselves that a mail arrived: twice an hour to one address.

    So an exchange with a machine that nothing marks as one ends after its second round.
    """
    return _lately(mail, letter).count() < MOST_ROUNDS


def _lately(mail: InboundMail, letter: Mail) -> QuerySet[InboundMail]:
    return InboundMail.objects.filter(
        sender=letter.sender.address[:254],
        state=InboundMail.State.TAKEN,
        received_at__gt=mail.received_at - _LOOP,
        received_at__lte=mail.received_at,
    ).exclude(pk=mail.pk)


def bounced_message(letter: Mail) -> OutboxMessage | None:
    """Give the mail of ours that a bounce tells of."""
    domain = re.escape(own_domain())
    texts = [text for _, text in letter.parts] + [letter.text]
    for text in texts:
        if found := re.search(rf"<outbox-(\d{{1,18}})@{domain}>", text):
            return OutboxMessage.objects.filter(pk=int(found[1])).first()
    return None


def own_domain() -> str:
    """Give the domain in the Message-IDs of our mails."""
    return settings.SITE_URL.split("//", 1)[1].split(":")[0].split("/")[0]


def last_mail_of(report: Report) -> InboundMail | None:
    """Give the newest mail that came in on a report's thread."""
    return InboundMail.objects.filter(report=report).exclude(message_id="").first()


def mails_in(state: str) -> QuerySet[InboundMail]:
    """List what came in, newest first, of one state or all: not the bytes, but ``is_blank``."""
    mails = InboundMail.objects.defer("raw").annotate(is_blank=Q(raw=b""))
    mails = mails.select_related("project__client", "report", "comment")
    return mails.filter(state=state) if state in InboundMail.State.values else mails


def mails_behind(reports: Iterable[Report]) -> dict[int, int]:
    """Give by report as which mail it came, for those that came as one which is still kept."""
    mailed = [report.pk for report in reports if report.source == Source.EMAIL]
    if not mailed:
        return {}
    kept = InboundMail.objects.filter(report__in=mailed, comment=None).exclude(raw=b"")
    return dict(kept.order_by("-pk").values_list("report_id", "pk"))


def mails_from(person: Person) -> QuerySet[InboundMail]:
    """List the mails a person sent to a client's addresses, and those of what they reported."""
    by_them = Q(sender__in=person.emails, project__client_id=person.client_id)
    by_them |= Q(sender__in=person.emails, report__client_id=person.client_id)
    return InboundMail.objects.filter(by_them | Q(report__in=reports_by(person).values("pk")))


def _report_of(message_id: str) -> Report | None:
    """Give the report whose thread a mail belongs to: one of ours, or one that came in."""
    ours = _OURS.match(message_id)
    if ours is None:
        known = InboundMail.objects.filter(message_id=message_id, report__isnull=False)
        earlier = known.select_related("report").first()
        return earlier.report if earlier else None
    if ours[2].lower() != own_domain().lower():
        return None
    sent = OutboxMessage.objects.filter(pk=int(ours[1]), reference__startswith="ticket:").first()
    if sent is None:
        return None
    number = int(sent.reference.removeprefix("ticket:"))
    about = Q(pk=number) | Q(ticket__number=number) | Q(home__number=number)
    to_them = Q(reporter__email__iexact=sent.recipient)
    to_them |= Q(reporter__user__email__iexact=sent.recipient)
    return Report.objects.filter(about & to_them).order_by("pk").first()
