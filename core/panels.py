"""Panels: how an upper app shows its facts on a lower app's page without being imported by it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from core.errors import Refused


@dataclass(frozen=True)
class Panel:
    """One box on a page.

    ``query`` takes the page's subject (a ticket, a client, …) and gives the template's context, or
    None when there is nothing to show.
    """

    name: str
    page: str
    query: Callable[[Any], dict[str, Any] | None]
    template: str
    order: int = 100


_panels: dict[tuple[str, str], Panel] = {}


def register(panel: Panel) -> None:
    """Show the panel on its page; the same page and name replaces the earlier one."""
    _panels[(panel.page, panel.name)] = panel


def panels_for(page: str, subject: Any) -> list[tuple[Panel, dict[str, Any]]]:
    """Give the page's panels that have something to show, in order, with their context."""
    shown = []
    for panel in sorted(_panels.values(), key=lambda p: (p.order, p.name)):
        if panel.page != page:
            continue
        try:
            context = panel.query(subject)
        except Refused:
            continue
        if context is not None:
            shown.append((panel, context))
    return shown
