"""What happens each time a key is used, in one statement: it runs before API requests."""

import threading
from datetime import datetime, timedelta
from typing import Any

from django.db import connection

from clients.models import ApiKey, KeyKind, Project
from clients.queries import CALENDAR_MARK
from clients.rules.retainers import SERVED
from core.errors import Refused
from core.statements import fetch_row
from core.tokens import hash_token

_REMEMBERED = timedelta(seconds=30)
_MOST_REMEMBERED = 10_000
_KEY = (
    "id", "project_id", "kind", "name", "scopes", "allowed_origins", "shows_suggestions",
    "revoked_at",
)  # fmt: skip
_PROJECT = ("id", "client_id", "archived_at")
_SERVED = [state.value for state in SERVED]
_PROMISES = """ARRAY(
    SELECT ARRAY[t.priority::text, t.first_response_minutes::text, t.calendar_id::text]
    FROM clients_slatarget t JOIN clients_retainer r ON r.plan_version_id = t.plan_version_id
    WHERE r.client_id = p.client_id AND r.state = ANY(%(served)s)
    ORDER BY t.priority, r.id
)"""
_WORKS = "k.revoked_at IS NULL AND p.archived_at IS NULL"
_USE = f"""
WITH found AS (
    SELECT {", ".join(f"k.{name} AS k_{name}" for name in _KEY)},
           {", ".join(f"p.{name} AS p_{name}" for name in _PROJECT)}, {_PROMISES} AS promises,
           {CALENDAR_MARK} AS mark
    FROM clients_apikey k JOIN clients_project p ON p.id = k.project_id
    WHERE k.key_hash = %(key_hash)s AND k.kind = %(kind)s AND {_WORKS}
), stamped AS (
    UPDATE clients_apikey SET last_used_at = %(now)s
    FROM found
    WHERE id = k_id
      AND (last_used_at IS NULL OR last_used_at <= %(now)s::timestamptz - interval '1 minute')
)
SELECT * FROM found
"""  # noqa: S608 - names of columns, from above

KEY_STANDS = f"""
SELECT FROM clients_apikey k JOIN clients_project p ON p.id = k.project_id
WHERE k.id = %(api_key_id)s::bigint AND {_WORKS} AND {_PROMISES} = %(promises)s::text[]
  AND k.allowed_origins::text[] = %(allowed_origins)s::text[]
  AND {CALENDAR_MARK} = %(calendar_mark)s::text
"""  # noqa: S608 - from above
"""A row if a key works for the same origins, and its client is promised what was read with it
(``key_terms``) by the calendars as they were then.

Part of a statement that writes in the key's name, which then needs no other statement before it.
"""


class KeyChanged(Refused):
    """The key, its project or what its client is promised changed since the key was read."""

    def __init__(self) -> None:
        super().__init__("This key was changed just now. Please send it again.")


_memory: dict[str, tuple[ApiKey, datetime]] = {}
_lock = threading.Lock()


def use_api_key(*, token: str, now: datetime, kind: KeyKind = KeyKind.SERVER) -> ApiKey:
    """Give the unrevoked key of a project in use, of this kind.

    Its last use is kept to about a minute: a recalled key leaves no trace for half of one. Key,
    project and what the plan promises come with what an endpoint needs; anything else of them is
    read when asked for. Raises ApiKey.DoesNotExist for any other key.
    """
    hashed = hash_token(token)
    row = fetch_row(_USE, {"key_hash": hashed, "kind": kind.value, "now": now, "served": _SERVED})
    if row is None:
        with _lock:
            _memory.pop(hashed, None)
        raise ApiKey.DoesNotExist
    key = ApiKey.from_db(connection.alias, _KEY, row[: len(_KEY)])
    key.project = Project.from_db(connection.alias, _PROJECT, row[len(_KEY) : -2])
    promises, key.calendar_mark = row[-2:]
    key.promises = [
        (priority, int(minutes), int(calendar)) for priority, minutes, calendar in promises
    ]
    with _lock:
        if len(_memory) >= _MOST_REMEMBERED:
            _memory.clear()
        _memory[hashed] = key, now + _REMEMBERED
    return key


def recall_api_key(*, token: str, now: datetime, kind: KeyKind = KeyKind.SERVER) -> ApiKey | None:
    """Give a key of this kind as it was when used in this process within the last half minute.

    It may have been revoked since: nothing may be shown or refused on its word, and what is written
    in its name is written only if KEY_STANDS.
    """
    key, until = _memory.get(hash_token(token), (None, now))
    return key if key and key.kind == kind and now < until else None


def key_stands(key: ApiKey) -> bool:
    """Tell whether a used or recalled key works as it did."""
    return fetch_row(KEY_STANDS, key_terms(key)) is not None


def key_terms(key: ApiKey) -> dict[str, Any]:
    """Give the parameters of KEY_STANDS; the key was used or recalled."""
    assert key.promises is not None
    return {
        "api_key_id": key.pk,
        "served": _SERVED,
        "allowed_origins": key.allowed_origins,
        "promises": [[str(part) for part in promise] for promise in key.promises],
        "calendar_mark": key.calendar_mark,
    }
