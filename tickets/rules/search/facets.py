"""Lexemes of our own in a document, by which PostgreSQL narrows a search inside one index.

No text makes them: "~" separates words.
"""

from collections.abc import Iterator

# Documents lie in ranges of 1,024 and of 16,384 numbers.
NEAR_SHIFT, WIDE_SHIFT = 10, 14


def of_client(client_id: int) -> str:
    """Name a client."""
    return f"~c{client_id}"


def of_project(project_id: int) -> str:
    """Name a project."""
    return f"~p{project_id}"


def of_page(path: str) -> str:
    """Name a page, or all pages below it."""
    return f"~g{path}"


# A report without a ticket: what it is found by is asked of its row.
OF_REPORT = "~r"
# How a ticket's own facets begin, by the field of a query.
_MOVING = {"state": "~s", "severity": "~y", "priority": "~o", "kind": "~k", "assignee": "~a"}


def of_ticket(field: str, value: str | int) -> str:
    """Name what a field of a ticket says; an assignee by the key, nobody by ""."""
    return f"{_MOVING[field]}{value}"


def windows(newest: int) -> Iterator[list[str]]:
    """Give ranges of numbers to look at before all of them, each the newest and the one before.

    Most searches find a page of results among the newest; one that does not has few in all. So
    neither reads much, however many documents there are.
    """
    for name, shift in (("~n", NEAR_SHIFT), ("~w", WIDE_SHIFT)):
        last = newest >> shift
        if last > 1:
            yield [f"{name}{last}", f"{name}{last - 1}"]
