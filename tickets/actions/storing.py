"""How a report is stored with all that belongs to it, in one statement.

It runs for every report that arrives, and statement by statement through the ORM it took four
times as long (benchmarks: report_accept). One statement is also all or nothing by itself.
"""

import json
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import connection

from clients.actions import KEY_STANDS, KeyChanged, key_stands, key_terms
from clients.models import ApiKey, User
from core.queue import enqueue, nudge_row
from core.statements import fetch_row
from tickets.actions.attachments import FilesGone
from tickets.actions.content import Content, Sender
from tickets.actions.status_links import NewLink
from tickets.models import Report, Reporter, TicketEventKind
from tickets.queries.access import Actor
from tickets.rules.states import ReportState

_TASK = "tickets.tasks.triage_waiting"

# Who reported: the person's row, made the first time. A row that another request makes at the same
# moment is met by the conflict clause, which then returns it.
_MAKE = """
INSERT INTO tickets_reporter (client_id, user_id, email, name, signed_id)
SELECT %(client_id)s, %(user_id)s::bigint, %(email)s::text, %(name)s, %(signed_id)s::text
WHERE NOT EXISTS (SELECT FROM found) AND EXISTS (SELECT FROM proof)
"""
_WHO = {
    "user": f"""
        found AS (SELECT id FROM tickets_reporter
                  WHERE client_id = %(client_id)s AND user_id = %(user_id)s::bigint),
        made AS ({_MAKE} ON CONFLICT (client_id, user_id) WHERE user_id IS NOT NULL
                 DO UPDATE SET user_id = EXCLUDED.user_id RETURNING id)""",  # noqa: S608
    # What a signed person says of themselves anew holds; what they leave out stays.
    "signed": f"""
        found AS (SELECT NULL::bigint AS id WHERE false),
        made AS ({_MAKE} ON CONFLICT (client_id, signed_id) WHERE NOT (signed_id = '')
                 DO UPDATE SET email = coalesce(nullif(EXCLUDED.email, ''), tickets_reporter.email),
                               name = coalesce(nullif(EXCLUDED.name, ''), tickets_reporter.name)
                 RETURNING id)""",  # noqa: S608
    "email": f"""
        found AS (SELECT id FROM tickets_reporter
                  WHERE client_id = %(client_id)s AND user_id IS NULL AND email = %(email)s::text
                    AND signed_id = ''),
        made AS ({_MAKE} ON CONFLICT (client_id, email)
                 WHERE user_id IS NULL AND NOT (email = '') AND signed_id = ''
                 DO UPDATE SET email = EXCLUDED.email RETURNING id)""",  # noqa: S608
    "name": f"found AS (SELECT NULL::bigint AS id WHERE false), made AS ({_MAKE} RETURNING id)",
    "": "found AS (SELECT NULL::bigint AS id WHERE false), made AS (SELECT id FROM found)",
}
_REPORT = (
    "client_id", "project_id", "source", "source_key", "source_hash", "api_key_id", "title",
    "text", "page_url", "user_agent", "device", "claimed_severity", "received_at", "respond_by_at",
)  # fmt: skip
_TYPES = {"_id": "bigint", "_at": "timestamptz"}
# Its files go with it, or nothing is stored.
_STORE = f"""
WITH loose AS (
    SELECT id FROM tickets_attachment
    WHERE id = ANY(%(files)s::bigint[]) AND report_id IS NULL AND comment_id IS NULL
      AND uploaded_by_id IS NOT DISTINCT FROM %(actor_user_id)s::bigint
      AND uploaded_key_id IS NOT DISTINCT FROM %(api_key_id)s::bigint
    FOR UPDATE
), proof AS (
    SELECT FROM ({{proof}}) AS standing
    WHERE (SELECT count(*) FROM loose) = cardinality(%(files)s::bigint[])
), {{who}},
person AS (SELECT id FROM found UNION ALL SELECT id FROM made),
report AS (
    INSERT INTO tickets_report ({", ".join(_REPORT)}, state, decline_reason, reporter_id)
    SELECT {", ".join(f"%({name})s::{_TYPES.get(name[-3:], 'text')}" for name in _REPORT)},
           '{ReportState.RECEIVED.value}', '', (SELECT id FROM person)
    FROM proof
    RETURNING id, reporter_id
), facts AS (
    INSERT INTO tickets_signal (report_id, kind, value)
    SELECT report.id, fact.kind, fact.value
    FROM report, unnest(%(kinds)s::text[], %(values)s::text[]) AS fact (kind, value)
), details AS (
    INSERT INTO tickets_reportdetails (report_id, context, answers)
    SELECT report.id, %(context)s::jsonb, %(answers)s::jsonb
    FROM report WHERE %(has_details)s::boolean
), tied AS (
    UPDATE tickets_attachment SET report_id = report.id
    FROM report, loose WHERE tickets_attachment.id = loose.id
), link AS (
    INSERT INTO tickets_statuslink (id, report_id, by_mail, token_hash, made_at)
    SELECT %(link_id)s::bigint, report.id, false, %(link_hash)s, %(now)s
    FROM report WHERE %(link_id)s::bigint IS NOT NULL
), nudge AS (
    INSERT INTO django_q_ormq (key, payload, lock)
    SELECT %(cluster)s::text, %(payload)s, %(now)s FROM report WHERE %(cluster)s::text <> ''
)
INSERT INTO tickets_ticketevent
    (kind, at, data, client_id, report_id, actor_user_id, actor_key_id, actor_reporter_id)
SELECT '{TicketEventKind.REPORT_RECEIVED.value}', %(now)s, %(data)s::jsonb, %(client_id)s,
    report.id, %(actor_user_id)s::bigint, %(api_key_id)s::bigint,
    CASE WHEN %(by_reporter)s::boolean
         THEN coalesce(%(actor_reporter_id)s::bigint, report.reporter_id) END
FROM report
RETURNING report_id, (SELECT reporter_id FROM report)
"""  # noqa: S608 - names of columns, from above
# By whether a key has to prove itself, and by what the person is known.
_STORES = {
    (proof != "SELECT", kind): _STORE.format(proof=proof, who=who)
    for proof in ("SELECT", KEY_STANDS)
    for kind, who in _WHO.items()
}


def store_report(
    report: Report,
    content: Content,
    *,
    files: list[int],
    link: NewLink | None,
    actor: Actor,
    triage_later: bool,
    now: datetime,
) -> None:
    """Insert a report, its person, signals, event, link and, if wanted, the nudge to triage it.

    The report gets its number, and the actor's loose ``files`` become its own. Raises
    IntegrityError if its source key is taken, KeyChanged if the actor is a key that was used or
    recalled and no longer stands, and FilesGone: then nothing is stored.
    """
    proof = key_terms(actor) if isinstance(actor, ApiKey) and actor.promises is not None else {}
    terms = _terms(report, content, actor, triage_later, now)
    terms |= {
        "files": files,
        "link_id": link.pk if link else None,
        "link_hash": link.token_hash if link else None,
    }
    row = fetch_row(_STORES[bool(proof), _known_by(content.sender)], {**terms, **proof})
    if row is None and isinstance(actor, ApiKey) and proof and not key_stands(actor):
        raise KeyChanged
    if row is None:
        raise FilesGone
    report.pk, report.reporter_id = row
    report._state.adding, report._state.db = False, connection.alias
    if triage_later and settings.REDIS_URL:
        enqueue(_TASK)


def _known_by(sender: Sender) -> str:
    if sender.user:
        return "user"
    return "signed" if sender.signed_id else "email" if sender.email else "name" * bool(sender.name)


def _terms(
    report: Report, content: Content, actor: Actor, triage_later: bool, now: datetime
) -> dict[str, Any]:
    """Give the values that the statement names."""
    in_row = triage_later and not settings.REDIS_URL
    cluster, payload = nudge_row(_TASK, now) if in_row else ("", "")
    sender, user = content.sender, content.sender.user
    return {
        **{column: getattr(report, column) for column in _REPORT},
        "user_id": user.pk if user else None,
        "email": user.email if user else sender.email,
        "name": user.name if user else sender.name,
        "signed_id": "" if user else sender.signed_id,
        "kinds": [str(kind) for kind, _ in content.signals],
        "values": [value for _, value in content.signals],
        "has_details": bool(content.details),
        "context": json.dumps(content.details.get("context", {})),
        "answers": json.dumps(content.details.get("answers", {})),
        "cluster": cluster,
        "payload": payload,
        "now": now,
        "data": json.dumps(
            {
                "source": str(report.source),
                "respond_by_at": report.respond_by_at and report.respond_by_at.isoformat(),
            }
        ),
        "actor_user_id": actor.pk if isinstance(actor, User) else None,
        "by_reporter": actor is None or isinstance(actor, Reporter),
        "actor_reporter_id": actor.pk if isinstance(actor, Reporter) else None,
    }
