"""What runs by the clock: apps register, ``manage.py sync_schedules`` writes it for django-q2."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Entry:
    """One task and the minutes between two runs of it."""

    task: str
    minutes: int


_entries: dict[str, Entry] = {}


def register(task: str, *, minutes: int) -> None:
    """Run the task (dotted path, no arguments) every so many minutes."""
    _entries[task] = Entry(task, minutes)


def registered() -> list[Entry]:
    """List what is registered, in order of the task's name."""
    return sorted(_entries.values(), key=lambda entry: entry.task)
