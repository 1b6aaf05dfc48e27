"""What sort of mail it is, and whether a machine sent it.

By RFC 3834 (automatic responses), RFC 3464 (delivery status), RFC 5965 (feedback reports), RFC 2919
and 2369 (lists); then by what mail programs do that keep to none of them.
"""

import re
from email.message import Message
from enum import StrEnum

from flufl.bounce import all_failures

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
_MAIL_SYSTEMS = re.compile(
    r"^(mailer[-_. ]?daemon|postmaster|mail[-_. ]?delivery|maildaemon|mdaemon|bounces?)\b", re.I
)
_NOBODY = re.compile(
    r"^(no[-_.]?reply|do[-_.]?not[-_.]?reply|notifications?|alerts?|news(letter)?|automated"
    r"|auto[-_.]?confirm|cron|nagios|root|daemon|www-data|apache|system|robot|bot)\b",
    re.I,
)
_AUTO_SUBJECT = re.compile(
    r"^\W*(re:\s*)?(auto(mati[csk]\w*)?[-\s]?(re(ply|sponse|spond|spuesta)|antwort|svar|odpowied)"
    r"|(out[-\s]of[-\s]?(the[-\s])?office|ooo\b|away from (the office|my mail)|on (vacation|leave)"
    r"|vacation (reply|message)|abwesen\w*|automatische antwort|abwesenheitsnotiz"
    r"|r[ée]ponse automatique|absence|respuesta autom[aá]tica|fuera de la oficina"
    r"|risposta automatica|fuori (sede|ufficio)|resposta autom[aá]tica|automatisch antwoord"
    r"|afwezig\w*|autosvar|fr[aå]nvaro\w*|автоответ|automatick[aá] odpov|自動応答|自动回复"
    r"|thank you for (your|contacting)|your (e-?mail|message) (has been|was) received"
    r"|we (have )?received your))",
    re.I,
)
_BOUNCE_SUBJECT = re.compile(
    r"undeliver|delivery (status|failure|has failed|warning)|mail (delivery|error)|failed mail"
    r"|returned (mail|to sender)|non[-\s]?delivery|failure noti|could ?n.t be delivered"
    r"|could not be delivered|error during delivery|unzustellbar|nicht zugestellt|non remis"
    r"|message you sent|retourn|non[-\s]?d[eé]livr|devuelto|mancat[ao] (consegna|recapito)",
    re.I,
)
_DELAY_SUBJECT = re.compile(r"delay|warning|still being|verz[öo]ger|retard", re.I)
_REPLY_SUBJECT = re.compile(
    r"^\s*(re|aw|antw|sv|vs|r[eé]f|ris|odp|res|ynt|回复|答复|返信)(\s*\[\d+\])?\s*[:：]", re.I
)
_FORWARD_SUBJECT = re.compile(
    r"^\s*(fwd?|wg|tr|rv|i|vb|doorst|pd|enc|iml|vl|fs|转发|転送)(\s*\[\d+\])?\s*[:：]", re.I
)
_FORWARDED = re.compile(
    r"^\s*>?\s*-{2,}\s*(forwarded message|original message|weitergeleitete nachricht"
    r"|urspr[üu]ngliche nachricht|message transf[eé]r[eé]|mensaje reenviado|messaggio inoltrato"
    r"|doorgestuurd bericht|vidarebefordrat|пересылаемое сообщение)\b.*$"
    r"|^\s*begin forwarded message:\s*$|^\s*anfang der weitergeleiteten nachricht:\s*$"
    r"|^\s*d[eé]but du message (r[eé]exp[eé]di[eé]|transf[eé]r[eé])\s*:\s*$",
    re.I | re.M,
)
_QUOTED = re.compile(r"^.{0,200}[:：]\s*\n(\s*\n)?\s*>", re.M)
# "From: kim@example.com" and "Sent: …" below each other, in whatever language.
_QUOTED_HEAD = re.compile(r"^[ *]*\w{2,12}[ *]*:[ *].{0,200}@.*\n[ *]*\w{2,12}[ *]*:[ *]", re.M)
_LEAVE = re.compile(
    r"unsubscribe|abmelden|abbestellen|se d[eé]s(abonner|inscrire)|darse de baja"
    r"|cancel your subscription|manage (your )?(preferences|subscription)|opt[- ]?out"
    r"|view (this|it) (e?-?mail )?in (your|a) browser",
    re.I,
)
_LINK = re.compile(r"https?://", re.I)
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
    if "message/delivery-status" not in parts:
        return None
    status = parts["message/delivery-status"].lower()
    actions = set(re.findall(r"^action:\s*([a-z]+)", status, re.M))
    codes = re.findall(r"^status:\s*(\d)\.", status, re.M)
    if "failed" in actions:
        by_system = mail.has_no_return_path and _is_mail_system(mail)
        if set(codes) == {"4"} and not by_system and not _is_mail_system(mail):
            # It "failed" until somebody presses a button: a challenge in a report's clothes.
            return MailKind.AUTO_REPLY
        return MailKind.BOUNCE
    if "delayed" in actions:
        return MailKind.DELAY_NOTICE
    return _failure(mail) or MailKind.NOTIFICATION


def _failure(mail: Mail) -> MailKind | None:
    """Know the reports of mail systems that keep to no standard."""
    if mail.header("x-failed-recipients"):
        is_late = _DELAY_SUBJECT.search(mail.subject)
        return MailKind.DELAY_NOTICE if is_late else MailKind.BOUNCE
    if not (
        _is_mail_system(mail)
        or mail.message.get_content_type() == "multipart/report"
        or _BOUNCE_SUBJECT.search(mail.subject)
    ):
        return None
    late, failed = _failures(mail.message)
    if failed:
        return MailKind.BOUNCE
    if late or (_is_mail_system(mail) and _DELAY_SUBJECT.search(mail.subject)):
        return MailKind.DELAY_NOTICE
    is_named_so = _BOUNCE_SUBJECT.search(mail.subject)
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
                "x-ms-exchange-inbox-rules-loop",
            )
        )  # fmt: skip
    ):
        return MailKind.AUTO_REPLY
    is_marked = bool(
        (submitted and submitted != "no")
        or mail.has_no_return_path
        or mail.header("x-auto-response-suppress")
        or precedence in _BULK
    )
    if _AUTO_SUBJECT.search(mail.subject) and (is_marked or not _LINK.search(mail.text[:200])):
        return MailKind.AUTO_REPLY
    if mail.has_no_return_path and not _of_a_list(mail) and not _NOBODY.match(mail.sender.local):
        return MailKind.AUTO_REPLY
    return None


def _unwanted(mail: Mail) -> MailKind | None:
    flagged = mail.header("x-spam-flag").strip().lower().startswith("yes")
    if flagged or mail.header("x-spam-status").strip().lower().startswith("yes"):
        return MailKind.SPAM
    if _of_a_list(mail):
        return MailKind.BULK
    if len({to.domain for to in mail.addresses("to", "cc")}) >= _SPREAD:
        return MailKind.SPAM
    return None


def _notice(mail: Mail) -> MailKind | None:
    submitted = mail.header("auto-submitted").split(";")[0].strip().lower()
    if (submitted and submitted != "no") or is_for_machines(mail.text):
        return MailKind.NOTIFICATION
    if _NOBODY.match(mail.sender.local) or _is_mail_system(mail):
        return MailKind.BULK if _offers_to_leave(mail) else MailKind.NOTIFICATION
    if mail.header("x-auto-response-suppress").strip().lower() == "all":
        return MailKind.NOTIFICATION
    return None


def _of_people(mail: Mail) -> MailKind:
    is_answer = bool(mail.answers_to) or bool(_REPLY_SUBJECT.match(mail.subject))
    if _FORWARD_SUBJECT.match(mail.subject):
        return MailKind.FORWARD
    if not is_answer and (_FORWARDED.search(mail.text) or _encloses_a_mail(mail)):
        return MailKind.FORWARD
    if is_answer or _QUOTED.search(mail.text) or _QUOTED_HEAD.search(mail.text):
        return MailKind.REPLY
    if _offers_to_leave(mail):
        return MailKind.BULK
    if mail.defects & _LOST_STRUCTURE:
        return MailKind.MALFORMED
    return MailKind.NEW


def _is_mail_system(mail: Mail) -> bool:
    sender = mail.sender
    shown = mail.header("from").strip()
    return bool(
        _MAIL_SYSTEMS.match(sender.local)
        or _MAIL_SYSTEMS.match(shown.strip('"<> '))
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


def _offers_to_leave(mail: Mail) -> bool:
    return bool(_LEAVE.search(mail.text) and _LINK.search(mail.text))


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
