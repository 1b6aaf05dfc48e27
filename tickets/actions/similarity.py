"""Keep what duplicates are found by: the words of reports, and how telling each word is.

All of it is made from the reports and can be made anew. Who blanks a text indexes its report again,
and nothing of the text is left.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from django.db import connection, transaction
from django.db.models import Exists, OuterRef

from tickets.gateways import meaning
from tickets.models import Posting, Report, ReportWords, Signal, TermCount
from tickets.queries.meanings import stored_form
from tickets.rules.similarity import (
    FACT_KINDS,
    TERMS_VERSION,
    Frequencies,
    Words,
    facts_of,
    heading,
    key_terms,
    words_of,
)
from tickets.rules.states import ReportState

_KEPT = ("heading", "title_terms", "body_terms", "facts", "version")


@transaction.atomic
def index_report(*, report_id: int) -> None:
    """Have a report be found as a possible duplicate; doing it again changes nothing.

    The client's frequencies get it by a sweep.
    """
    _store_postings(_store_words([report_id]))


@transaction.atomic
def index_missing(*, most: int) -> int:
    """Index reports without words of today's rules, newest first; gives how many.

    Imports and what an older release stored are found by it. They are counted first: the first
    reports of a client are asked for its frequencies, too.
    """
    known = ReportWords.objects.filter(report=OuterRef("pk"), version=TERMS_VERSION)
    missing = Report.objects.filter(~Exists(known)).exclude(state=ReportState.RECEIVED)
    found = list(missing.order_by("-pk").values_list("pk", flat=True)[:most])
    stored = _store_words(found)
    _count(found)
    _store_postings(stored)
    return len(found)


@transaction.atomic
def count_terms(*, most: int) -> int:
    """Count newly indexed reports into their clients' frequencies; gives how many."""
    waiting = ReportWords.objects.filter(is_counted=False).order_by("pk")
    claimed = waiting.select_for_update(skip_locked=True).values_list("pk", flat=True)[:most]
    return _count(list(claimed))


def learn_meaning(*, report_id: int) -> None:
    """Store what an indexed report means, where it is not; some fifty milliseconds of one core."""
    report = Report.objects.get(pk=report_id)
    vector = meaning.encode(report.title, report.text)
    with transaction.atomic():
        # What was blanked meanwhile must not come back by its meaning.
        same = Report.objects.filter(pk=report_id, title=report.title, text=report.text)
        if same.select_for_update(no_key=True).exists():
            _store_meaning(report_id, stored_form(vector))


def _store_meaning(report_id: int, vector: str | bytes) -> None:
    sql = """
        INSERT INTO tickets_reportmeaning (report_id, vector) VALUES (%s, %s)
        ON CONFLICT DO NOTHING
    """
    with connection.cursor() as cursor:
        cursor.execute(sql, [report_id, vector])


def _store_words(ids: Sequence[int]) -> dict[int, tuple[int, Words]]:
    """Keep the words of reports; gives client and words of those that are new or changed."""
    reports = list(
        Report.objects.filter(pk__in=ids).order_by("pk").only("pk", "client_id", "title", "text")
    )
    before = ReportWords.objects.select_for_update().order_by("pk").in_bulk(ids)
    signals = _signals_of(ids)
    changed, rows = {}, []
    for report in reports:
        words = words_of(report.title, report.text, facts_of(signals[report.pk]))
        row = ReportWords(
            report=report,
            heading=heading(report.title, report.text),
            title_terms=" ".join(words.title),
            body_terms=" ".join(words.body),
            facts=list(words.facts),
            version=TERMS_VERSION,
        )
        old = before.get(report.pk)
        if old is None or any(getattr(old, name) != getattr(row, name) for name in _KEPT):
            changed[report.pk] = (report.client_id, words)
            rows.append(row)
    _forget([pk for pk in changed if pk in before])
    ReportWords.objects.bulk_create(
        rows,
        update_conflicts=True,
        unique_fields=["report"],
        update_fields=[*_KEPT, "is_counted"],
    )
    return changed


def _signals_of(ids: Sequence[int]) -> dict[int, list[tuple[str, str]]]:
    found: dict[int, list[tuple[str, str]]] = defaultdict(list)
    rows = Signal.objects.filter(report__in=ids, kind__in=FACT_KINDS)
    for report_id, kind, value in rows.values_list("report_id", "kind", "value"):
        found[report_id].append((kind, value))
    return found


def _store_postings(stored: Mapping[int, tuple[int, Words]]) -> None:
    by_client: dict[int, dict[int, Words]] = defaultdict(dict)
    for report_id, (client_id, words) in stored.items():
        by_client[client_id][report_id] = words
    for client_id, reports in by_client.items():
        terms = {term for words in reports.values() for term in words.terms}
        frequencies = _frequencies(client_id, terms)
        Posting.objects.bulk_create(
            [
                Posting(client_id=client_id, term=term, report_id=report_id)
                for report_id, words in reports.items()
                for term in key_terms(words, frequencies)
            ],
            ignore_conflicts=True,
            batch_size=5000,
        )


def _frequencies(client_id: int, terms: Iterable[str]) -> Frequencies:
    rows = TermCount.objects.filter(client_id=client_id, term__in=["", *terms])
    counts = dict(rows.values_list("term", "reports"))
    return Frequencies(counts.pop("", 0), counts)


# Every term of a report once, and "" for the report itself.
_TERMS = """
SELECT r.client_id, each_term.term, count(*) AS reports
FROM tickets_reportwords AS w JOIN tickets_report AS r ON r.id = w.report_id
CROSS JOIN LATERAL (SELECT DISTINCT unnest(
    '{""}'::text[] || string_to_array(w.title_terms, ' ') || string_to_array(w.body_terms, ' ')
    || w.facts) AS term) AS each_term
WHERE w.report_id = ANY (%(ids)s) {which}
GROUP BY r.client_id, each_term.term
"""
# In one order everywhere, so that two who count the same terms never wait for each other in turn.
_COUNT = f"""
WITH terms AS ({_TERMS.replace("{which}", "AND NOT w.is_counted")}),
counted AS (UPDATE tickets_reportwords SET is_counted = true
    WHERE report_id = ANY (%(ids)s) AND NOT is_counted RETURNING 1),
kept AS (INSERT INTO tickets_termcount AS t (client_id, term, reports)
    SELECT client_id, term, reports FROM terms ORDER BY client_id, term
    ON CONFLICT (client_id, term) DO UPDATE SET reports = t.reports + EXCLUDED.reports)
SELECT count(*) FROM counted
"""  # noqa: S608 - made of the texts above
_FORGET = f"""
WITH terms AS ({_TERMS.replace("{which}", "AND w.is_counted")}),
locked AS (SELECT t.client_id, t.term, t.reports - terms.reports AS left_over
    FROM tickets_termcount AS t JOIN terms USING (client_id, term)
    ORDER BY t.client_id, t.term FOR UPDATE OF t),
fewer AS (UPDATE tickets_termcount AS t SET reports = locked.left_over FROM locked
    WHERE t.client_id = locked.client_id AND t.term = locked.term AND locked.left_over > 0),
gone AS (DELETE FROM tickets_termcount AS t USING locked
    WHERE t.client_id = locked.client_id AND t.term = locked.term AND locked.left_over <= 0),
meant AS (DELETE FROM tickets_reportmeaning WHERE report_id = ANY (%(ids)s))
DELETE FROM tickets_posting AS p USING tickets_report AS r, tickets_reportwords AS w
WHERE w.report_id = ANY (%(ids)s) AND r.id = w.report_id AND p.client_id = r.client_id
    AND p.report_id = r.id AND p.term = ANY (string_to_array(w.title_terms, ' ')
        || string_to_array(w.body_terms, ' ') || w.facts)
"""  # noqa: S608 - made of the texts above


def _count(ids: Sequence[int]) -> int:
    with connection.cursor() as cursor:
        cursor.execute(_COUNT, {"ids": list(ids)})
        row = cursor.fetchone()
    assert row is not None
    return int(row[0])


def _forget(ids: Sequence[int]) -> None:
    """Take what reports were found by out of index and frequencies, before it changes."""
    if not ids:
        return
    with connection.cursor() as cursor:
        cursor.execute(_FORGET, {"ids": list(ids)})
