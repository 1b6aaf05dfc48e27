"""What happens each time a key is used, in one statement: it runs before every API request."""

from datetime import datetime

from django.db import connection

from clients.models import ApiKey, Project
from clients.rules.retainers import SERVED
from core.limits import COUNT_ONE, count_terms
from core.statements import fetch_first_row
from core.tokens import hash_token

_KEY = ("id", "project_id", "name", "scopes", "revoked_at")
_PROJECT = ("id", "client_id", "archived_at")
_SERVED = [state.value for state in SERVED]
_USE = f"""
WITH found AS (
    SELECT {", ".join(f"k.{name} AS k_{name}" for name in _KEY)},
           {", ".join(f"p.{name} AS p_{name}" for name in _PROJECT)}
    FROM clients_apikey k JOIN clients_project p ON p.id = k.project_id
    WHERE k.key_hash = %(key_hash)s AND k.revoked_at IS NULL AND p.archived_at IS NULL
), counted AS ({COUNT_ONE.format(source="FROM found")}),
stamped AS (
    UPDATE clients_apikey SET last_used_at = %(now)s
    FROM found
    WHERE id = k_id
      AND (last_used_at IS NULL OR last_used_at <= %(now)s::timestamptz - interval '1 minute')
)
SELECT found.*, ARRAY(
    SELECT ARRAY[t.priority, t.first_response_minutes::text]
    FROM clients_slatarget t JOIN clients_retainer r ON r.plan_version_id = t.plan_version_id
    WHERE r.client_id = p_client_id AND r.state = ANY(%(served)s)
), counted.seen FROM found, counted
"""  # noqa: S608 - names of columns, from above


def use_api_key(*, token: str, seconds: int, now: datetime) -> tuple[ApiKey, int]:
    """Give the unrevoked key of a project in use, and how often it was used in this window.

    ``seconds`` is the window's length.

    Its last use is kept to the minute. Key, project and what the plan promises come with what an
    endpoint needs; anything else of them is read when asked for. Raises ApiKey.DoesNotExist for
    any other key.
    """
    terms = {
        **count_terms("api", hash_token(token), seconds=seconds, now=now),
        "key_hash": hash_token(token),
        "now": now,
        "served": _SERVED,
    }
    row = fetch_first_row(_USE, terms)
    if row is None:
        raise ApiKey.DoesNotExist
    key = ApiKey.from_db(connection.alias, _KEY, row[: len(_KEY)])
    key.project = Project.from_db(connection.alias, _PROJECT, row[len(_KEY) : -2])
    key.promises = {priority: int(minutes) for priority, minutes in row[-2]}
    return key, row[-1]
