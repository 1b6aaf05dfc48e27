"""What a report says, checked before any of it is stored."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import validate_email

from clients.models import User
from core.errors import InvalidInput
from core.text import clean_text, is_blank
from tickets.models import SignalKind
from tickets.rules.signals import page_path
from tickets.rules.words import Severity

MOST_TEXT = 50_000
MOST_SIGNALS = 50
MOST_DETAILS = 100_000


@dataclass(frozen=True)
class Sender:
    """Who reports, as far as the source knows: a member, or a name and mail address.

    ``signed_id`` is who the client's app says it is, and only ever what its server signed.
    """

    user: User | None = None
    email: str = ""
    name: str = ""
    signed_id: str = ""


@dataclass(frozen=True)
class Content:
    """What a report says, as it is stored."""

    fields: dict[str, str]
    signals: list[tuple[str, str]]
    sender: Sender
    details: dict[str, Any] = field(default_factory=dict)

    def digest(self, files: Iterable[int] = ()) -> str:
        """Give the hash by which the same content is known again."""
        user = self.sender.user
        person = [user.pk if user else None, self.sender.email, self.sender.name]
        person += [self.sender.signed_id] if self.sender.signed_id else []
        parts = [self.fields, self.signals, person, list(files)]
        content = json.dumps([*parts, self.details] if self.details else parts, sort_keys=True)
        return hashlib.sha256(content.encode()).hexdigest()


def check_report(
    *,
    text: str,
    title: str = "",
    page_url: str = "",
    user_agent: str = "",
    device: str = "",
    sender: Sender | None = None,
    signals: Iterable[tuple[str, str]] = (),
    claimed_severity: str = "",
    context: Mapping[str, Any] | None = None,
    answers: Mapping[str, Any] | None = None,
) -> Content:
    """Give what would be stored. Raises InvalidInput naming the field, as receive_report does."""
    fields = _checked(text, title, page_url, user_agent, device, claimed_severity)
    facts = _checked_signals(signals, fields["page_url"])
    details = _checked_details(context or {}, answers or {})
    return Content(fields, facts, _checked_sender(sender), details)


def _checked(
    text: str, title: str, page_url: str, user_agent: str, device: str, claimed: str
) -> dict[str, str]:
    body = clean_text(text)
    if is_blank(body):
        raise InvalidInput("Say in a few words what happened.", field="text")
    if len(body) > MOST_TEXT:
        raise InvalidInput(f"At most {MOST_TEXT:,} characters, please.", field="text")
    if claimed and claimed not in Severity.values:
        raise InvalidInput("Choose one of S1, S2, S3 and S4.", field="claimed_severity")
    if len(page_url) > 2000:
        raise InvalidInput("At most 2,000 characters, please.", field="page_url")
    return {
        "text": body,
        "title": " ".join(clean_text(title).split())[:200],
        "page_url": clean_text(page_url).strip(),
        "user_agent": clean_text(user_agent)[:500],
        "device": clean_text(device)[:200],
        "claimed_severity": claimed,
    }


def _checked_signals(signals: Iterable[tuple[str, str]], page_url: str) -> list[tuple[str, str]]:
    facts = {(kind, clean_text(value).strip()) for kind, value in signals}
    if path := page_path(page_url):
        facts.add((SignalKind.PAGE, path))
    if len(facts) > MOST_SIGNALS:
        raise InvalidInput(f"At most {MOST_SIGNALS} signals, please.", field="signals")
    for kind, value in facts:
        if kind not in SignalKind.values:
            raise InvalidInput(f"Unknown kind of signal: {kind[:40]}", field="signals")
        if not 0 < len(value) <= 300:
            raise InvalidInput("A signal has 1 to 300 characters.", field="signals")
    return sorted(facts)


def _checked_details(context: Mapping[str, Any], answers: Mapping[str, Any]) -> dict[str, Any]:
    """Give what there is of both; their source has put them into their shape."""
    named = {"context": _clean(context), "answers": _clean(answers)}
    for name, value in named.items():
        if len(json.dumps(value)) > MOST_DETAILS:
            raise InvalidInput(f"At most {MOST_DETAILS:,} characters, please.", field=name)
    return {name: value for name, value in named.items() if value}


def _clean(value: Any) -> Any:
    """Clean all texts in a JSON value as those of people are."""
    if isinstance(value, str):
        return clean_text(value)
    if isinstance(value, Mapping):
        return {clean_text(str(name)): _clean(part) for name, part in value.items()}
    if isinstance(value, list | tuple):
        return [_clean(part) for part in value]
    return value


def _checked_sender(sender: Sender | None) -> Sender:
    if sender is None or sender.user:
        return sender or Sender()
    email = sender.email.strip().lower()
    if email:
        try:
            validate_email(email)
        except ValidationError:
            raise InvalidInput("This is not a mail address.", field="reporter.email") from None
        if len(email) > 254:
            raise InvalidInput("This is not a mail address.", field="reporter.email")
    name = " ".join(clean_text(sender.name).split())[:120]
    return Sender(email=email, name=name, signed_id=sender.signed_id)
