"""What sort of mail it is, and whether a machine sent it.

By RFC 3834 (automatic responses), RFC 3464 (delivery status), RFC 5965 (feedback reports), RFC 2919
and 2369 (lists); then by what mail programs do that keep to none of them.
"""

import re
from email.message import Message
from enum import StrEnum

from flufl.bounce import all_failures

from tickets.rules.mail import marks
from tickets.rules.mail.reading import File, Mail
from tickets.rules.mail.words import is_for_machines


class MailKind(StrEnum):
    """What sort of mail it is; what machines wrote opens no ticket and is never answered."""

    NEW = "new"
    REPLY = "reply"
    FORWARD = "forward"
    MALFORMED = "malformed"
    AUTO_REPLY = "auto_reply"
    BOUNCE = "bounce"
    DELAY_NOTICE = "delay_notice"
    COMPLAINT = "complaint"
    NOTIFICATION = "notification"
    BULK = "bulk"
    SPAM = "spam"

    @property
    def is_auto(self) -> bool:
        """Tell whether a machine sent it."""
        return self not in _BY_PEOPLE

    @property
    def has_words(self) -> bool:
        """Tell whether what it says is worth reading as somebody's words."""
        return self in _BY_PEOPLE or self in (MailKind.AUTO_REPLY, MailKind.NOTIFICATION)


_BY_PEOPLE = frozenset({MailKind.NEW, MailKind.REPLY, MailKind.FORWARD, MailKind.MALFORMED})
_BULK = frozenset({"bulk", "list", "junk"})
_SPREAD = 12
_LOST_STRUCTURE = frozenset(
    {
        "NoBoundaryInMultipartDefect",
        "StartBoundaryNotFoundDefect",
        "MultipartInvariantViolationDefect",
        "MissingHeaderBodySeparatorDefect",
        "FirstHeaderLineIsContinuationDefect",
        "MisplacedEnvelopeHeaderDefect",
    }
)


def kind_of(mail: Mail) -> MailKind:
    """Judge a mail: reports of mail systems first, then what is automatic, then what people do."""
    for judge in (_report, _failure, _automatic, _unwanted, _notice):
        if found := judge(mail):
            return found
    return _of_people(mail)


def files_of(mail: Mail) -> list[File]:
    """List a mail's files; a report's returned mail is none of them."""
    is_report = kind_of(mail).is_auto
    return [
        file
        for file in mail.files
        if not (is_report and file.content_type.startswith(("message/", "text/rfc822-headers")))
    ]


def failed_addresses(mail: Mail) -> list[str]:
    """List the addresses that a bounce names as failed for good, in lower case."""
    _, failed = _failures(mail.message)
    return sorted(failed)


def _report(mail: Mail) -> MailKind | None:
    parts = dict(mail.parts)
    declared = str(mail.message.get_param("report-type") or "").lower()
    if "message/feedback-report" in parts or declared == "feedback-report":
        return MailKind.COMPLAINT
    if "message/disposition-notification" in parts or declared == "disposition-notification":
        # That somebody has read a mail (RFC 8098).
        return MailKind.AUTO_REPLY
    if "message/delivery-status" not in parts:
        return None
    status = parts["message/delivery-status"].lower()
    actions = set(re.findall(r"^action:\s*([a-z]+)", status, re.M))
    codes = re.findall(r"^status:\s*(\d)\.", status, re.M)
    if "failed" in actions:
        if set(codes) == {"4"} and not _is_mail_system(mail):
            # It "failed" until somebody presses a button: a challenge in a report's clothes.
            return MailKind.AUTO_REPLY
        return MailKind.BOUNCE
    if "delayed" in actions:
        return MailKind.DELAY_NOTICE
    if actions & {"delivered", "relayed", "expanded"}:
        return MailKind.NOTIFICATION
    return _failure(mail) or MailKind.NOTIFICATION


def _failure(mail: Mail) -> MailKind | None:
    """Know the reports of mail systems that keep to no standard."""
    if mail.header("x-failed-recipients"):
        is_late = marks.DELAY_SUBJECT.search(mail.subject)
        return MailKind.DELAY_NOTICE if is_late else MailKind.BOUNCE
    if not (
        _is_mail_system(mail)
        or mail.message.get_content_type() == "multipart/report"
        or marks.BOUNCE_SUBJECT.search(mail.subject)
    ):
        return None
    late, failed = _failures(mail.message)
    if failed:
        return MailKind.BOUNCE
    if late or (_is_mail_system(mail) and marks.DELAY_SUBJECT.search(mail.subject)):
        return MailKind.DELAY_NOTICE
    is_named_so = marks.BOUNCE_SUBJECT.search(mail.subject)
    return MailKind.BOUNCE if _is_mail_system(mail) and is_named_so else None


def _automatic(mail: Mail) -> MailKind | None:
    submitted = mail.header("auto-submitted").split(";")[0].strip().lower()
    if submitted.startswith("auto-replied"):
        return MailKind.AUTO_REPLY
    precedence = mail.header("precedence").strip().lower()
    if (
        precedence in ("auto_reply", "auto-reply")
        or mail.header("x-apple-action").strip().upper() == "VACATION"
        or any(
            mail.header(name)
            for name in (
                "x-autoreply",
                "x-autorespond",
                "x-autoresponder",
                "x-vacation",
                "x-autoreply-from",
                "x-mail-autoreply",
            )
        )
    ):
        return MailKind.AUTO_REPLY
    is_marked = bool(
        (submitted and submitted != "no")
        or mail.has_no_return_path
        or mail.header("x-auto-response-suppress")
        or precedence in _BULK
    )
    if marks.IS_AWAY.search(mail.subject) or (is_marked and marks.SOUNDS_AWAY.search(mail.subject)):
        return MailKind.AUTO_REPLY
    if (
        mail.has_no_return_path
        and not _of_a_list(mail)
        and not marks.NOBODY.search(mail.sender.local)
    ):
        return MailKind.AUTO_REPLY
    return None


def _unwanted(mail: Mail) -> MailKind | None:
    flagged = mail.header("x-spam-flag").strip().lower().startswith("yes")
    if flagged or mail.header("x-spam-status").strip().lower().startswith("yes"):
        return MailKind.SPAM
    if _of_a_list(mail) and not _tells_of_an_app(mail):
        return MailKind.BULK
    if len({to.domain for to in mail.addresses("to", "cc")}) >= _SPREAD:
        return MailKind.SPAM
    return None


def _notice(mail: Mail) -> MailKind | None:
    submitted = mail.header("auto-submitted").split(";")[0].strip().lower()
    if (submitted and submitted != "no") or is_for_machines(mail.text):
        return MailKind.NOTIFICATION
    if marks.NOBODY.search(mail.sender.local) or _is_mail_system(mail):
        is_news = _offers_to_leave(mail) and not marks.NOTIFIES.match(mail.sender.local)
        return MailKind.BULK if is_news else MailKind.NOTIFICATION
    if mail.header("x-auto-response-suppress").strip().lower() == "all":
        return MailKind.NOTIFICATION
    return None


def _of_people(mail: Mail) -> MailKind:
    is_answer = bool(mail.answers_to) or bool(marks.REPLY_SUBJECT.match(mail.subject))
    if marks.FORWARD_SUBJECT.match(mail.subject):
        return MailKind.FORWARD
    if not is_answer and (marks.FORWARDED.search(mail.text) or _encloses_a_mail(mail)):
        return MailKind.FORWARD
    if is_answer or marks.QUOTED.search(mail.text) or marks.QUOTED_HEAD.search(mail.text):
        return MailKind.REPLY
    if _offers_to_leave(mail):
        return MailKind.BULK
    if marks.SAYS_MACHINE.search(mail.text):
        return MailKind.NOTIFICATION
    if mail.defects & _LOST_STRUCTURE:
        return MailKind.MALFORMED
    return MailKind.NEW


def _is_mail_system(mail: Mail) -> bool:
    sender = mail.sender
    shown = mail.header("from").strip()
    return bool(
        marks.MAIL_SYSTEMS.match(sender.local)
        or marks.MAIL_SYSTEMS.match(shown.strip('"<> '))
        or shown.endswith("<>")
        or re.match(r"(mail delivery (sub)?system|mailer[-\s]daemon)", sender.name, re.I)
    )


def _of_a_list(mail: Mail) -> bool:
    return bool(
        mail.header("list-id")
        or mail.header("list-unsubscribe")
        or mail.header("list-post")
        or mail.header("feedback-id")
        or mail.header("precedence").strip().lower() in _BULK
    )


def _tells_of_an_app(mail: Mail) -> bool:
    """Tell whether a program reports something, though its mail is marked as a list's."""
    is_made = mail.header("auto-submitted").strip().lower().startswith("auto-generated")
    return bool(marks.NOTIFIES.match(mail.sender.local)) or (
        is_made and not mail.header("list-unsubscribe")
    )


def _offers_to_leave(mail: Mail) -> bool:
    return bool(marks.LEAVE.search(mail.text) and marks.LINK.search(mail.text))


def _encloses_a_mail(mail: Mail) -> bool:
    return any(kind == "message/rfc822" for kind, _ in mail.parts)


def _failures(message: Message) -> tuple[set[str], set[str]]:
    """Give what failed for now and for good, as the detectors of many mail systems read it."""
    try:
        late, failed = all_failures(message)
    except Exception:  # noqa: BLE001 - two dozen detectors over hostile bytes
        return set(), set()
    return (
        {address.decode("ascii", "replace").lower() for address in late},
        {address.decode("ascii", "replace").lower() for address in failed},
    )
