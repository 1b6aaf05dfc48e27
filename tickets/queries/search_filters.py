"""What the field filters of a query mean for rows of tickets and of reports without one."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Q

from clients.models import Project, User
from clients.queries import clients_for, staff
from tickets.models import Report
from tickets.rules.search import Filter, facets
from tickets.rules.search.language import STATES
from tickets.rules.states import OPEN, ReportState, TicketState
from tickets.rules.words import Priority

MOST_NAMED = 50
# No row has it: what a filter cannot mean for a kind of rows matches none of them.
_NONE = -1


@dataclass(frozen=True)
class Asker:
    """Who asks, about which client (None: all, for staff), and when."""

    user: User
    client_id: int | None
    now: datetime


@dataclass(frozen=True)
class Narrowing:
    """Conditions on rows, by the prefix under which a query reaches them, and facets."""

    filters: tuple[tuple[Filter, tuple[int, ...]], ...]
    asker: Asker

    @property
    def of_rows(self) -> bool:
        """Tell whether anything is asked that stands in the rows themselves."""
        return any(each.field != "page" for each, _ in self.filters)

    def tickets(self, prefix: str = "") -> Q:
        """Give what a ticket must be."""
        return self._all(prefix, _of_ticket)

    def reports(self, prefix: str = "") -> Q:
        """Give what a report without a ticket must be."""
        return self._all(prefix, _of_report)

    def _all(self, prefix: str, read: Any) -> Q:
        conditions = Q()
        for each, named in self.filters:
            if each.field == "page":
                # Only documents know, by their facets.
                continue
            terms = [read(each.field, value, named, self.asker) for value in each.values]
            any_of = Q(**{f"{prefix}pk": _NONE})
            for term in terms:
                any_of |= Q(*[(f"{prefix}{name}", value) for name, value in term])
            conditions &= ~any_of if each.is_excluded else any_of
        return conditions

    def names_state(self, state: str) -> bool:
        """Tell whether the query asks for this very state."""
        return any(
            each.field == "state" and state in each.values and not each.is_excluded
            for each, _ in self.filters
        )

    @property
    def facets(self) -> list[list[str]]:
        """Give groups of facets, of each of which a document has one."""
        own = [[facets.of_client(self.asker.client_id)]] if self.asker.client_id else []
        return own + self._groups()

    def _groups(self) -> list[list[str]]:
        groups = []
        for each, named in self.filters:
            of_each = [_facets_of(each.field, value, named, self.asker) for value in each.values]
            # Where one value has none, any document may be asked for.
            if not each.is_excluded and of_each and all(of_each):
                groups.append(list(dict.fromkeys(facet for found in of_each for facet in found)))
        return groups

    @property
    def excluded_facets(self) -> list[str]:
        """Give the facets of which a document has none."""
        return [
            facets.of_page(page)
            for each, _ in self.filters
            if each.field == "page" and each.is_excluded
            for page in each.values
        ]

    @property
    def in_documents(self) -> bool:
        """Tell whether documents know of what is asked; of merged tickets there are none."""
        asked = self._groups() or self.excluded_facets
        return bool(asked) and not self.names_state(TicketState.MERGED)

    @property
    def asks_pages(self) -> bool:
        """Tell whether only what is about some page is asked for, which rows do not know."""
        return any(each.field == "page" and not each.is_excluded for each, _ in self.filters)


def narrow(filters: Sequence[Filter], asker: Asker, *, project_id: int | None = None) -> Narrowing:
    """Look up whom and what the filters name, among what the asker may see.

    ``project_id`` is one more filter, which a menu chose.
    """
    named = [(each, tuple(_named(each, asker))) for each in filters]
    if project_id is not None:
        named.append((Filter("project", (str(project_id),)), (project_id,)))
    return Narrowing(tuple(named), asker)


def _named(each: Filter, asker: Asker) -> list[int]:
    begins = Q(pk=_NONE)
    if each.field == "client":
        for name in each.values:
            begins |= Q(name__istartswith=name)
        rows: Any = clients_for(asker.user).filter(begins)
    elif each.field == "project":
        for name in each.values:
            begins |= Q(slug=name.replace(" ", "-")) | Q(name__istartswith=name)
        rows = Project.objects.filter(begins, client__in=clients_for(asker.user))
        if asker.client_id:
            rows = rows.filter(client_id=asker.client_id)
    elif each.field == "assignee":
        for name in each.values:
            begins |= Q(name__istartswith=name) | Q(email__istartswith=name)
        rows = staff().filter(begins)
    else:
        return []
    return list(rows.order_by("pk").values_list("pk", flat=True)[:MOST_NAMED])


_Terms = list[tuple[str, Any]]
_NOTHING: _Terms = [("pk", _NONE)]


def _of_ticket(field: str, value: str, named: tuple[int, ...], asker: Asker) -> _Terms:
    match field, value:
        case "state", _:
            return [("state__in", [s for s in STATES[value] if s in TicketState.values])]
        case (("severity" | "priority"), _):
            return [(field, value.upper())]
        case "kind", _:
            return [("kind", value)]
        case (("client" | "project"), _):
            return [(f"{field}_id__in", named)]
        case "assignee", "me":
            return [("assignee_id", asker.user.pk)]
        case ("assignee", "nobody") | ("is", "unassigned"):
            return [("assignee__isnull", True), ("state__in", list(OPEN))]
        case "assignee", _:
            return [("assignee_id__in", named)]
        case "is", "late":
            return [("due_at__lt", asker.now), ("state__in", list(OPEN))]
        case "is", "urgent":
            return [("priority", Priority.P1)]
        case "is", "mine" if asker.client_id is None:
            return [("assignee_id", asker.user.pk)]
        case "is", "mine":
            own = Report.objects.filter(reporter__user=asker.user, ticket__isnull=False)
            return [("pk__in", own.values("ticket"))]
        case "is", _:
            return _of_ticket("state", value, named, asker)
    return _NOTHING


def _of_report(field: str, value: str, named: tuple[int, ...], asker: Asker) -> _Terms:
    match field, value:
        case "state", _:
            return [("state__in", [s for s in STATES[value] if s in ReportState.values])]
        case (("client" | "project"), _):
            return [(f"{field}_id__in", named)]
        case "is", "mine" if asker.client_id is not None:
            return [("reporter__user", asker.user)]
        case "is", ("open" | "done" | "triage"):
            return _of_report("state", value, named, asker)
    return _NOTHING


def _facets_of(field: str, value: str, named: tuple[int, ...], asker: Asker) -> list[str]:
    """Give the facets of which a document that a filter's value asks for has one; none: unknown."""
    of = facets.of_ticket
    match field, value:
        case ("state", _) | ("is", "open" | "done" | "triage"):
            states = STATES[value]
            found = [of("state", state) for state in states if state in TicketState.values]
            of_reports = any(state in ReportState.values for state in states)
            return [*found, *([facets.OF_REPORT] if of_reports else [])]
        case (("severity" | "priority"), _):
            return [of(field, value.upper())]
        case "kind", _:
            return [of(field, value)]
        case "page", _:
            return [facets.of_page(value)]
        case "client", _:
            return [facets.of_client(pk) for pk in named]
        case "project", _:
            return [facets.of_project(pk) for pk in named]
        case ("assignee", "nobody") | ("is", "unassigned"):
            return [of("assignee", "")]
        case "assignee", "me":
            return [of("assignee", asker.user.pk)]
        case "assignee", _:
            return [of("assignee", pk) for pk in named]
        case "is", "urgent":
            return [of("priority", Priority.P1)]
        case "is", "late":
            return [of("state", state) for state in OPEN]
        case "is", "mine" if asker.client_id is None:
            return [of("assignee", asker.user.pk)]
    return []
