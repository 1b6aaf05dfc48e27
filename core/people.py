"""What is kept of one person: each app registers its part, to be given out and to be erased."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, BinaryIO

# A file of an export: its path in the archive, and a JSON value or an open file.
Part = tuple[str, Any | BinaryIO]


@dataclass(frozen=True)
class Person:
    """Somebody who reported something to a client, by all that they are known by there."""

    client_id: int
    reporter_ids: tuple[int, ...]
    user_ids: tuple[int, ...] = ()
    emails: tuple[str, ...] = ()
    # Identities that the client's app vouched for.
    signed_ids: tuple[str, ...] = ()


@dataclass(frozen=True)
class Holding:
    """What one app holds of a person.

    ``erase`` blanks it in transactions of its own, and gives how many rows it blanked; doing it
    again goes on where it was stopped, and in the end changes nothing. It raises NotYet for what
    cannot be erased now. Event rows stay: they hold references, never personal text.
    """

    name: str
    export: Callable[[Person], Iterator[Part]]
    erase: Callable[[Person, datetime], int]
    order: int = 100


class NotYet(Exception):
    """Something is in use at this moment; it is erased by a later run."""


_holdings: dict[str, Holding] = {}


def register(holding: Holding) -> None:
    """Have a holding be exported and erased with the others; the same name replaces it."""
    _holdings[holding.name] = holding


def holdings() -> list[Holding]:
    """List what is registered, in order."""
    return sorted(_holdings.values(), key=lambda each: (each.order, each.name))
