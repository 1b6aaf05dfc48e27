"""Problems that anybody may know of: those whose titles staff wrote for the public."""

from datetime import datetime, timedelta

from django.contrib.postgres.search import TrigramWordSimilarity
from django.db.models import F, FloatField, Func, Q, Value
from django.db.models.functions import Greatest

from clients.models import ApiKey
from tickets.models import Ticket
from tickets.rules.states import LIVE, OPEN

RECENTLY = timedelta(days=30)
_LEAST = 0.35
_MOST = 3


class _InText(Func):
    """How much of a title stands in a longer text."""

    function = "word_similarity"
    output_field = FloatField()


def known_problems(key: ApiKey, text: str, *, now: datetime) -> list[str]:
    """Give the public titles of a project's open and lately shipped tickets that are like a text.

    None where the key shows none. The likest first, three at most; nothing else of them is told.
    """
    if not key.shows_suggestions or len(text.strip()) < 3:
        return []
    known = Q(state__in=OPEN) | Q(state__in=LIVE, shipped_at__gte=now - RECENTLY)
    tickets = Ticket.objects.filter(known, project=key.project_id).exclude(public_title="")
    alike = Greatest(
        TrigramWordSimilarity(text, "public_title"), _InText(F("public_title"), Value(text))
    )
    found = tickets.annotate(alike=alike).filter(alike__gte=_LEAST).order_by("-alike", "-number")
    return list(dict.fromkeys(found.values_list("public_title", flat=True)[:_MOST]))
