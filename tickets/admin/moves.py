"""What the workbench's forms do: each one reads its fields and makes one call."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.db import transaction
from django.http import HttpRequest

from clients.console import Console, whole, whole_or_none
from core.errors import InvalidInput
from tickets import actions
from tickets.forms import WithFiles
from tickets.models import Attachment, Ticket
from tickets.queries import loose_attachments
from tickets.queries.absences import late_promises

_MOST_SAID = 10


@dataclass
class Sent:
    """A form that somebody sent, and the files it brought."""

    request: HttpRequest
    console: Console
    kept: list[int] = field(default_factory=list)

    def text(self, name: str) -> str:
        """Give a field as it was typed."""
        return self.request.POST.get(name, "")

    @property
    def who(self) -> Any:
        """The keywords every action of a person takes."""
        return {"actor": self.console.user, "now": self.console.now}


@dataclass
class Wish(Sent):
    """What somebody asks for with a form of the workbench."""

    ticket: Ticket = field(kw_only=True)

    @property
    def at(self) -> Any:
        """The keywords every action on the ticket takes."""
        return {"ticket_id": self.ticket.pk, **self.who}


def kept_files(console: Console, ids: Iterable[int]) -> list[Attachment]:
    """Give the files an earlier try stored and that are still the person's own."""
    return list(loose_attachments(console.user, ids))


def store_files(wish: Sent) -> list[int]:
    """Store the form's files, and keep in mind which ones if something else is refused."""
    form = WithFiles(wish.request.POST, wish.request.FILES)
    if not form.is_valid():
        text = " ".join(str(error) for errors in form.errors.values() for error in errors)
        raise InvalidInput(text, field="attachments")
    try:
        return form.store_files(user=wish.console.user, now=wish.console.now)
    finally:
        wish.kept = form.cleaned_data["kept"]


@contextmanager
def _breaking(wish: Wish) -> Iterator[list[int]]:
    """Give a list that holds, once something is done, which promises are not kept by it."""
    before, broken = set(late_promises(wish.console.now)), list[int]()
    yield broken
    broken += [number for number in late_promises(wish.console.now) if number not in before]


def _said(broken: list[int]) -> str:
    """Say what is not kept by something; nothing where all is."""
    if not broken:
        return ""
    promises = "1 promise" if len(broken) == 1 else f"{len(broken)} promises"
    more = ", …" if len(broken) > _MOST_SAID else ""
    return f" That breaks {promises}: {', '.join(f'#{n}' for n in broken[:_MOST_SAID])}{more}."


def _reply(wish: Wish) -> str:
    ids = store_files(wish)
    actions.reply_to_ticket(body=wish.text("body"), attachment_ids=ids, **wish.at)
    return "Your reply is on its way to everybody who reported this."


def _note(wish: Wish) -> str:
    ids = store_files(wish)
    actions.note_on_ticket(body=wish.text("body"), attachment_ids=ids, **wish.at)
    return "Noted. Only staff see it."


@transaction.atomic
def _edit(wish: Wish) -> str:
    """Save the terms; the skill stands in the form only where there are skills."""
    data = wish.request.POST
    ticket = actions.edit_ticket(
        version=whole(data, "version"),
        kind=wish.text("kind"),
        severity=wish.text("severity"),
        title=wish.text("title"),
        estimate_minutes=whole(data, "estimate_minutes"),
        **wish.at,
    )
    said = f"Saved. #{ticket.number} is {ticket.severity} and {ticket.priority}."
    if "skill" in data and (skill := whole_or_none(data, "skill")) != ticket.skill_id:
        with _breaking(wish) as broken:
            actions.set_ticket_skill(skill_id=skill, **wish.at)
        said += _said(broken)
    return said


def _start(wish: Wish) -> str:
    actions.start_ticket(**wish.at)
    return f"#{wish.ticket.number} is yours."


def _put_back(wish: Wish) -> str:
    actions.put_back(**wish.at)
    return f"#{wish.ticket.number} is back in the queue, free for anybody."


def _wait(wish: Wish) -> str:
    actions.wait_for_client(question=wish.text("question"), **wish.at)
    return "Asked. An answer brings it back to work."


def _resume(wish: Wish) -> str:
    actions.resume_waiting(**wish.at)
    return f"#{wish.ticket.number} goes on."


def _to_review(wish: Wish) -> str:
    actions.send_to_review(
        pull_request_url=wish.text("pull_request_url"),
        **wish.at,
    )
    return f"#{wish.ticket.number} is in review."


def _from_review(wish: Wish) -> str:
    actions.return_from_review(**wish.at)
    return f"#{wish.ticket.number} is back at work."


def _ship(wish: Wish) -> str:
    actions.ship_ticket(release=wish.text("release"), **wish.at)
    return "Shipped. Every reporter is asked whether it works for them."


def _reopen(wish: Wish) -> str:
    actions.reopen_ticket(reason=wish.text("reason"), **wish.at)
    return f"#{wish.ticket.number} is back in the queue."


def _close(wish: Wish) -> str:
    actions.close_ticket(message=wish.text("message"), **wish.at)
    return f"#{wish.ticket.number} is closed. Every reporter hears why."


def _assign(wish: Wish) -> str:
    with _breaking(wish) as broken:
        ticket = actions.assign_ticket(
            assignee_id=whole_or_none(wish.request.POST, "assignee"),
            **wish.at,
        )
    return f"#{ticket.number} is with {ticket.assignee or 'nobody'}.{_said(broken)}"


def _approve_p1(wish: Wish) -> str:
    actions.approve_p1(**wish.at)
    return f"#{wish.ticket.number} is P1 now."


def _link(wish: Wish) -> str:
    actions.link_pull_request(url=wish.text("url"), **wish.at)
    return "Linked."


def _start_timer(wish: Wish) -> str:
    actions.start_timer(**wish.at)
    return "The clock runs."


def _stop_timer(wish: Wish) -> str:
    entry = actions.stop_timer(note=wish.text("note"), **wish.who)
    return f"Logged {entry.minutes} min on #{entry.ticket.number}."


def _discard_timer(wish: Wish) -> str:
    actions.discard_timer(actor=wish.console.user)
    return "The clock is stopped; nothing was logged."


def _log(wish: Wish) -> str:
    entry = actions.log_time(
        minutes=whole(wish.request.POST, "minutes"),
        work_date=_day(wish.text("work_date")),
        note=wish.text("note"),
        **wish.at,
    )
    return f"Logged {entry.minutes} min."


def _void(wish: Wish) -> str:
    entry_id = whole(wish.request.POST, "entry")
    if not wish.ticket.time_entries.filter(pk=entry_id).exists():
        raise InvalidInput("This ticket has no such entry.", field="entry")
    entry = actions.void_time(entry_id=entry_id, **wish.who)
    return f"{entry.minutes} min are voided."


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text) if text.strip() else None
    except ValueError:
        raise InvalidInput("Give the day as 2026-01-31.", field="work_date") from None


def _watch(wish: Wish) -> str:
    ticket = actions.watch_ticket(**wish.at)
    return f"You watch #{ticket.number}: what the client says there is mailed to you."


def _unwatch(wish: Wish) -> str:
    ticket = actions.unwatch_ticket(**wish.at)
    return f"You no longer watch #{ticket.number}."


def _publish_title(wish: Wish) -> str:
    ticket = actions.publish_title(title=wish.text("public_title"), **wish.at)
    return "Whoever types a problem like it reads that." if ticket.public_title else "Taken back."


MOVES: dict[str, Callable[[Wish], str]] = {
    "approve_p1": _approve_p1,
    "assign": _assign,
    "close": _close,
    "discard_timer": _discard_timer,
    "edit": _edit,
    "from_review": _from_review,
    "link": _link,
    "log": _log,
    "note": _note,
    "publish_title": _publish_title,
    "put_back": _put_back,
    "reopen": _reopen,
    "reply": _reply,
    "resume": _resume,
    "ship": _ship,
    "start": _start,
    "start_timer": _start_timer,
    "stop_timer": _stop_timer,
    "to_review": _to_review,
    "unwatch": _unwatch,
    "void": _void,
    "wait": _wait,
    "watch": _watch,
}
