"""What documents are made of: one statement each for tickets and for reports without one."""

from typing import Any

from tickets.rules.search import SEPARATORS
from tickets.rules.search.facets import NEAR_SHIFT, WIDE_SHIFT

# PostgreSQL refuses a vector of more than a megabyte; three such texts stay below it.
MOST_TEXT = 60_000
MOST_PAGES, MOST_STEPS = 50, 8

FACTS: dict[str, Any] = {
    "separators": f"[{SEPARATORS}]+",
    "most": MOST_TEXT,
    "pages": MOST_PAGES,
    "steps": MOST_STEPS,
    "near": NEAR_SHIFT,
    "wide": WIDE_SHIFT,
}


def _vector(text: str, weight: str) -> str:
    plain = f"regexp_replace(left({text}, %(most)s), %(separators)s, ' ', 'g')"
    return f"setweight(to_tsvector('english', coalesce({plain}, '')), '{weight}')"


# A page, and every page above it: /a/b is found by /a, too.
_PAGES = """
SELECT array_agg(page) AS pages FROM (
    SELECT DISTINCT '~g' || array_to_string(
        (string_to_array(s.value, '/'))[1:steps.taken], '/') AS page
    FROM tickets_signal AS s
    CROSS JOIN generate_series(2, %(steps)s + 1) AS steps (taken)
    WHERE s.report_id = ANY ({reports}) AND s.kind = 'page' AND s.value LIKE '/%%'
        AND steps.taken <= cardinality(string_to_array(s.value, '/'))
    ORDER BY 1 LIMIT %(pages)s
) AS each_page
"""
_FACETS = """
array_to_tsvector(ARRAY['~c' || {row}.client_id, '~p' || {row}.project_id,
    '~n' || ({number} >> %(near)s), '~w' || ({number} >> %(wide)s)] || coalesce(pages, '{{}}')
    || {own})
"""
# What changes as a ticket is worked on; tickets.rules.search.facets names them for queries.
MOVING = """ARRAY['~s' || t.state, '~y' || t.severity, '~o' || t.priority, '~k' || t.kind,
    '~a' || coalesce(t.assignee_id::text, '')]"""
_OF_REPORT = "ARRAY['~r']"
MOVING_BEGIN = ["~s", "~y", "~o", "~k", "~a"]
# What was merged into a ticket has no document of its own: its title leads to this one.
_PARTS = """
WITH RECURSIVE part AS (
    SELECT p.id, p.title FROM tickets_ticket AS p WHERE p.merged_into_id = t.id
    UNION ALL
    SELECT p.id, p.title FROM tickets_ticket AS p JOIN part ON p.merged_into_id = part.id)
SELECT string_agg(title, ' ') AS said FROM part
"""
_SIGNALS = """
SELECT string_agg(DISTINCT value, ' ') AS said FROM tickets_signal
WHERE report_id = ANY ({reports})
"""
OF_TICKETS = f"""
SELECT t.number, t.client_id, t.id AS ticket_id, NULL::bigint AS report_id,
    {_vector("t.title", "A")}
    || {_vector("concat_ws(' ', parts.said, signals.said, reports.said)", "B")}
    || {_vector("replies.said", "C")} || {_vector("notes.said", "D")}
    || {_FACETS.format(row="t", number="t.number", own=MOVING)} AS vector
FROM tickets_ticket AS t
CROSS JOIN LATERAL ({_PARTS}) AS parts
CROSS JOIN LATERAL (
    SELECT array_agg(r.id) AS ids,
        string_agg(concat_ws(' ', r.title, left(r.text, %(most)s)), ' ' ORDER BY r.id) AS said
    FROM tickets_report AS r WHERE r.ticket_id = t.id) AS reports
CROSS JOIN LATERAL ({_SIGNALS.format(reports="reports.ids")}) AS signals
CROSS JOIN LATERAL ({_PAGES.format(reports="reports.ids")}) AS pages
CROSS JOIN LATERAL (
    SELECT string_agg(c.body, ' ' ORDER BY c.id DESC) AS said FROM tickets_comment AS c
    WHERE (c.ticket_id = t.id OR c.report_id = ANY (reports.ids)) AND c.visibility = 'public'
) AS replies
CROSS JOIN LATERAL (
    SELECT string_agg(c.body, ' ' ORDER BY c.id DESC) AS said FROM tickets_comment AS c
    WHERE c.ticket_id = t.id AND c.visibility = 'internal'
) AS notes
WHERE t.id = ANY (%(ids)s) AND t.state <> 'merged'
"""  # noqa: S608 - made of the texts above
OF_REPORTS = f"""
SELECT r.id AS number, r.client_id, NULL::bigint AS ticket_id, r.id AS report_id,
    {_vector("r.title", "A")} || {_vector("concat_ws(' ', signals.said, r.text)", "B")}
    || {_vector("replies.said", "C")}
    || {_FACETS.format(row="r", number="r.id", own=_OF_REPORT)} AS vector
FROM tickets_report AS r
CROSS JOIN LATERAL ({_SIGNALS.format(reports="ARRAY[r.id]")}) AS signals
CROSS JOIN LATERAL ({_PAGES.format(reports="ARRAY[r.id]")}) AS pages
CROSS JOIN LATERAL (
    SELECT string_agg(c.body, ' ' ORDER BY c.id DESC) AS said FROM tickets_comment AS c
    WHERE c.report_id = r.id AND c.visibility = 'public'
) AS replies
WHERE r.id = ANY (%(ids)s) AND r.ticket_id IS NULL
"""  # noqa: S608 - made of the texts above
