"""Several people pressing at once: each in a thread with its own database connection."""

from collections.abc import Callable, Sequence
from threading import Barrier, Thread
from typing import Any

from django.db import connection


def press_at_once(presses: Sequence[Callable[[], Any]]) -> list[Any]:
    """Start all at the same instant; gives what each returned or raised, in order."""
    barrier = Barrier(len(presses))
    outcomes: list[Any] = [None] * len(presses)

    def press(place: int, action: Callable[[], Any]) -> None:
        try:
            connection.ensure_connection()
            barrier.wait(20)
            outcomes[place] = action()
        except Exception as error:
            outcomes[place] = error
        finally:
            connection.close()

    threads = [Thread(target=press, args=args) for args in enumerate(presses)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
        assert not thread.is_alive(), "somebody waits for ever"
    return outcomes


def winners(outcomes: Sequence[Any]) -> list[Any]:
    """Give what did not end in an exception."""
    return [outcome for outcome in outcomes if not isinstance(outcome, Exception)]


def losers(outcomes: Sequence[Any]) -> list[Exception]:
    """Give the exceptions."""
    return [outcome for outcome in outcomes if isinstance(outcome, Exception)]
