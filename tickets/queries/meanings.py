"""How near the meanings of two reports are: asked of pgvector, or worked out here without it."""

from functools import lru_cache
from operator import mul
from struct import pack, unpack
from typing import Any

from django.conf import settings
from django.db import connection
from django.db.models import QuerySet

from tickets.models import ReportWords
from tickets.models.similarity import MEANING_DIMENSIONS

_HALVES = f"<{MEANING_DIMENSIONS}e"
# Of the report that is asked for, and of a candidate.
JOIN = """
LEFT JOIN LATERAL (
    SELECT {nearness} AS nearness FROM tickets_reportmeaning AS m, tickets_reportmeaning AS own
    WHERE m.report_id = kept.report_id AND own.report_id = %(itself)s LIMIT 1
) AS meanings ON true
"""


def joined() -> str:
    """Give what joins a candidate's ``meanings.nearness``, for ``nearness_of``."""
    if not settings.SEMANTIC_DUPLICATES:
        return "CROSS JOIN (SELECT NULL AS nearness) AS meanings"
    native = "1 - (m.vector <=> own.vector)"
    return JOIN.format(nearness=native if has_vector_type() else "ARRAY[m.vector, own.vector]")


def nearness_of(found: Any) -> float | None:
    """Give the cosine of two meanings as the database gave it, or None where one has none yet."""
    if isinstance(found, list):
        one, other = (unpack(_HALVES, half) for half in found)
        return float(sum(map(mul, one, other)))
    return None if found is None else float(found)


def stored_form(vector: list[float]) -> str | bytes:
    """Give a unit vector as its column takes it."""
    if has_vector_type():
        return f"[{','.join(map(str, vector))}]"
    return pack(_HALVES, *vector)


@lru_cache(maxsize=1)
def has_vector_type() -> bool:
    """Tell whether meanings are stored as pgvector's: as it was when the table was made."""
    sql = """
        SELECT atttypid::regtype::text <> 'bytea' FROM pg_attribute
        WHERE attrelid = 'tickets_reportmeaning'::regclass AND attname = 'vector'
    """
    with connection.cursor() as cursor:
        cursor.execute(sql)
        row = cursor.fetchone()
    assert row is not None
    return bool(row[0])


def without_meaning() -> QuerySet[ReportWords]:
    """List the words of reports whose meaning is not stored yet, newest first."""
    return ReportWords.objects.filter(report__meaning=None).order_by("-pk")
