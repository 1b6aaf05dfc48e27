"""The links to a report's page for whoever has no account: made, and sent anew."""

from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.db import transaction

from core.actions import queue_mail
from core.errors import MoveRefused
from core.statements import ReservedKeys
from core.text import one_line
from core.tokens import derive_token, hash_token, placeholder
from tickets.models import Report, StatusLink
from tickets.queries.people import mail_reporter
from tickets.queries.status_links import find_status_link, is_over

PURPOSE = "status_link"
_KEYS = ReservedKeys("tickets_statuslink")


@dataclass(frozen=True)
class NewLink:
    """A link that will be stored with its report."""

    pk: int

    @property
    def address(self) -> str:
        """The address of the report's page."""
        return _address(self.pk)

    @property
    def token_hash(self) -> str:
        """The hash by which the link is found."""
        return hash_token(derive_token(PURPOSE, self.pk))


def new_link() -> NewLink:
    """Make the link that whoever sends a report is given with the answer."""
    return NewLink(_KEYS.take())


@transaction.atomic
def status_address(*, report_id: int, now: datetime) -> str:
    """Give the address of a report's page, for whoever sent it and nobody else; again the same."""
    report = Report.objects.select_for_update(no_key=True).get(pk=report_id)
    link = _open_link(report, by_mail=False, now=now)
    return _address(link.pk)


def mailed_address(report: Report, *, now: datetime) -> str:
    """Give the address for a mail to the reporter; its token is put in as the mail leaves.

    In the caller's transaction, as the mail is.
    """
    link = _open_link(report, by_mail=True, now=now)
    return f"{settings.SITE_URL}/r/{placeholder(PURPOSE, link.pk)}/"


@transaction.atomic
def renew_status_link(*, token: str, now: datetime) -> None:
    """Mail a new link to the reporter, in place of one that is over.

    Raises StatusLink.DoesNotExist for no token, MoveRefused where there is nobody to mail it to.
    """
    link = find_status_link(token)
    reporter = mail_reporter(link.report)
    if reporter is None or reporter.user:
        raise MoveRefused("We have no address to send a new link to.")
    queue_mail(
        to=reporter.email,
        subject=f"[#{link.report.number}] The link to your report",
        notice=f"You reported: {one_line(link.report.headline)}\n\n"
        f"Follow it and answer here: {mailed_address(link.report, now=now)}",
        now=now,
        reference=f"ticket:{link.report.number}",
    )


def _open_link(report: Report, *, by_mail: bool, now: datetime) -> StatusLink:
    """Give the newest link of a report; a new one if that is over, or made with another key."""
    newest = report.status_links.filter(by_mail=by_mail).order_by("-pk").first()
    if newest and newest.token_hash == _hash(newest) and not is_over(newest, now=now):
        return newest
    link = StatusLink.objects.create(report=report, by_mail=by_mail, made_at=now)
    link.token_hash = _hash(link)
    link.save(update_fields=["token_hash"])
    return link


def _address(pk: int) -> str:
    return f"{settings.SITE_URL}/r/{derive_token(PURPOSE, pk)}/"


def _hash(link: StatusLink) -> str:
    return hash_token(derive_token(PURPOSE, link.pk))
