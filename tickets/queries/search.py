"""Search: what a query finds among what its asker may see, newest first (docs/search.md).

A client's people are only ever asked about that client's public texts: the documents of others, and
what staff noted, have no part in their results, counts, guesses or marks.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from django.db import connection
from django.db.models import F, Max, Q, QuerySet

from clients.models import User
from clients.queries import clients_for
from core.patience import TookTooLong, no_longer_than
from tickets.models import Report, SearchDocument, Ticket
from tickets.queries.access import reports_for, tickets_for
from tickets.queries.documents import FACTS, OF_REPORTS
from tickets.queries.merging import survivor_of
from tickets.queries.search_filters import Asker, Narrowing, narrow
from tickets.queries.search_hits import Hit, hits_of
from tickets.queries.vocabulary import Reading, read_terms
from tickets.rules.search import (
    CLIENT_FIELDS,
    STAFF_FIELDS,
    Asked,
    Filter,
    facets,
    match_text,
    parse,
)
from tickets.rules.search.matching import any_of
from tickets.rules.states import ReportState, TicketState

PAGE = 25
COUNT_CAP = 100
SEARCH_MILLISECONDS = 2000
COUNT_MILLISECONDS = 500
MOST_FRESH = 100
LAST = 2**63 - 1
# Matches are read from the index of words and nowhere else: reading every document in turn instead
# takes seconds where there are many, and the planner cannot tell well how many have a word.
_PLAN = {"enable_seqscan": "off", "jit": "off", "pg_trgm.similarity_threshold": "0.25"}


_FRESH = f"""
SELECT number FROM ({OF_REPORTS}) AS made WHERE vector @@ %(asked)s::tsquery
ORDER BY number DESC LIMIT %(limit)s
"""  # noqa: S608 - made of a text of ours


@dataclass
class Found:
    """A page of results, and what was made of the query."""

    asked: Asked
    reading: Reading = field(default_factory=Reading)
    hits: list[Hit] = field(default_factory=list)
    # What the next page goes on before, where there is one.
    next_before: int | None = None
    is_too_slow: bool = False
    # Words of merged tickets were asked for, which are those of their survivors.
    asks_words_of_parts: bool = False

    @property
    def is_empty(self) -> bool:
        """Tell whether nothing was asked."""
        return self.asked.is_empty


def search(
    user: User,
    text: str,
    *,
    now: datetime,
    client_id: int | None = None,
    view: str = "all",
    before: int | None = None,
    project_id: int | None = None,
) -> Found:
    """Find a page of tickets, and of reports without one, that a query asks for.

    With a client, as its people may see it; without one, everything, to staff alone. ``view`` is
    open, done or all, and counts for nothing where the query names states itself. An own number
    stands first. Pages go on ``before`` a number.
    """
    query = _Query.of(user, text, client_id, view, project_id, now)
    found = Found(query.asked)
    if not query.may_ask:
        return found
    try:
        with no_longer_than(SEARCH_MILLISECONDS, **_PLAN):
            found.reading = query.read()
            is_of_parts = query.narrowing.names_state(TicketState.MERGED)
            found.asks_words_of_parts = is_of_parts and bool(found.reading.meanings)
            numbers = query.numbers(before or LAST, PAGE + 1)
            own = [] if before else query.own_number()
            found.next_before = numbers[PAGE - 1] if len(numbers) > PAGE else None
            found.hits = query.hits(own + [n for n in numbers[:PAGE] if n not in own])
    except TookTooLong:
        found.is_too_slow = True
    return found


def count_found(
    user: User, text: str, *, now: datetime, client_id: int | None = None, cap: int = COUNT_CAP
) -> int | None:
    """Count what a query finds, no further than ``cap``; None where that takes too long."""
    query = _Query.of(user, text, client_id, "all", None, now)
    if not query.may_ask:
        return 0
    try:
        with no_longer_than(COUNT_MILLISECONDS, **_PLAN):
            query.read()
            return min(cap, len({*query.own_number(), *query.numbers(LAST, cap)}))
    except TookTooLong:
        return None


@dataclass
class _Query:
    """A query on its way: read, narrowed, and what its words mean."""

    asker: Asker
    asked: Asked
    narrowing: Narrowing
    may_ask: bool
    reading: Reading = field(default_factory=Reading)

    @classmethod
    def of(
        cls,
        user: User,
        text: str,
        client_id: int | None,
        view: str,
        project_id: int | None,
        now: datetime,
    ) -> "_Query":
        asker = Asker(user, client_id, now)
        asked = parse(text, STAFF_FIELDS if client_id is None else CLIENT_FIELDS)
        filters = list(asked.filters)
        names_states = any(f.field == "state" and not f.is_excluded for f in filters)
        if view != "all" and not names_states:
            filters.append(Filter("state", (view,)))
        may_ask = (
            user.is_active and user.staff_role is not None
            if client_id is None
            else clients_for(user).filter(pk=client_id).exists()
        )
        narrowing = narrow(filters if may_ask else [], asker, project_id=project_id)
        return cls(asker, asked, narrowing, may_ask)

    def read(self) -> Reading:
        """Look up what the words mean."""
        self.reading = read_terms(self.asked.terms, client_id=self.asker.client_id)
        return self.reading

    def own_number(self) -> list[int]:
        """Give the number that is asked for, where there is something of that number to see."""
        number = self.asked.number
        if number is None or self.asked.only_number:
            return []
        return self._with_number(number)

    def numbers(self, before: int, most: int) -> list[int]:
        """Give so many numbers of what matches, newest first."""
        if self.asked.only_number:
            assert self.asked.number is not None
            return [n for n in self._with_number(self.asked.number) if n < before]
        if self.reading.meanings or self.narrowing.in_documents:
            return self._matching(before, most)
        return self._listed(before, most)

    def hits(self, numbers: Sequence[int]) -> list[Hit]:
        """Load what is shown of numbers, through the checks of access once more."""
        with_notes = self.asker.client_id is None
        return hits_of(
            numbers, self._tickets(), self._reports(), self.reading, with_notes=with_notes
        )

    def _with_number(self, number: int) -> list[int]:
        """Give where a number leads: to its ticket, or to the one that it is part of by now."""
        ticket = self._tickets().filter(number=number).first()
        if ticket is None:
            report = self._reports().filter(pk=number).first()
            if report is None:
                return []
            if report.ticket is None:
                return [report.number]
            ticket = report.ticket
        if ticket.merged_into_id is None:
            return [ticket.number]
        return list(
            self._tickets().filter(pk=survivor_of(ticket.pk)).values_list("number", flat=True)
        )

    def _tickets(self) -> QuerySet[Ticket]:
        rows = tickets_for(self.asker.user)
        return rows.filter(client_id=self.asker.client_id) if self.asker.client_id else rows

    def _reports(self) -> QuerySet[Report]:
        rows = reports_for(self.asker.user)
        return rows.filter(client_id=self.asker.client_id) if self.asker.client_id else rows

    def _listed(self, before: int, most: int) -> list[int]:
        """Give what the filters alone ask for, where no document knows."""
        if self.narrowing.asks_pages:
            return []
        tickets = self._tickets().filter(self.narrowing.tickets(), number__lt=before)
        if not self.narrowing.names_state(TicketState.MERGED):
            # Whoever looks for them asks for them; for all others they are part of another.
            tickets = tickets.exclude(state=TicketState.MERGED)
        reports = self._reports().filter(self.narrowing.reports(), ticket=None, pk__lt=before)
        newest = [
            *tickets.order_by("-number").values_list("number", flat=True)[:most],
            *reports.order_by("-pk").values_list("pk", flat=True)[:most],
        ]
        return sorted(newest, reverse=True)[:most]

    def _matching(self, before: int, most: int) -> list[int]:
        """Give what the words ask for, from the newest documents if so many are there.

        Among the newest a usual word is found soon; what is not found there is rare, and is looked
        for in all. So neither reads much, however many documents there are.
        """
        newest = min(before - 1, SearchDocument.objects.aggregate(n=Max("number"))["n"] or 0)
        fresh = self._fresh(before, most)
        for window in facets.windows(newest):
            numbers = self._in_index(before, most, any_of(window))
            if len(numbers) == most:
                break
        else:
            numbers = self._in_index(before, most, "")
        return sorted({*numbers, *fresh}, reverse=True)[:most]

    def _fresh(self, before: int, most: int) -> list[int]:
        """Give the reports that match and arrived just now: triage writes their documents."""
        waiting = self._reports().filter(
            self.narrowing.reports(), state=ReportState.RECEIVED, document=None, pk__lt=before
        )
        ids = list(waiting.order_by("-pk").values_list("pk", flat=True)[:MOST_FRESH])
        if not ids:
            return []
        with connection.cursor() as cursor:
            cursor.execute(_FRESH, {**FACTS, "ids": ids, "asked": self._asked(""), "limit": most})
            return [number for (number,) in cursor.fetchall()]

    def _in_index(self, before: int, most: int, window: str) -> list[int]:
        documents = SearchDocument.objects.filter(self._conditions(), number__lt=before).extra(
            where=["tickets_searchdocument.vector @@ %s::tsquery"], params=[self._asked(window)]
        )
        # Not by the key itself: the planner would walk down it and look into every document.
        ordered = documents.order_by((F("number") + 0).desc())
        if not window and not self._has_a_hold():
            ordered = documents.order_by("-number")
        return list(ordered.values_list("number", flat=True)[:most])

    def _asked(self, window: str) -> str:
        """Write what a document must match."""
        parts = [
            match_text(self.reading.meanings, with_notes=self.asker.client_id is None),
            *(any_of(group) for group in self.narrowing.facets),
            *(f"!{any_of([facet])}" for facet in self.narrowing.excluded_facets),
            window,
        ]
        return " & ".join(part for part in parts if part)

    def _has_a_hold(self) -> bool:
        """Tell whether there is something that documents must have."""
        return bool(self.narrowing.facets) or any(
            not meaning.term.is_excluded for meaning in self.reading.meanings
        )

    def _conditions(self) -> Q:
        """Give what the filters ask of the ticket or report behind a document."""
        conditions = Q(client_id=self.asker.client_id) if self.asker.client_id else Q()
        if self.narrowing.of_rows:
            conditions &= Q(ticket__isnull=False) & self.narrowing.tickets("ticket__") | Q(
                report__isnull=False
            ) & self.narrowing.reports("report__")
        return conditions
