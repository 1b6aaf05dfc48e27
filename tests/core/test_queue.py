from typing import Any

import pytest
from django.db import transaction

from core.queue import enqueue
from tests.api import Api
from tickets.models import Report

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def lost(settings: Any, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Give the nudges that were sent while Redis is away."""
    sent: list[str] = []

    def refuse(task: str, **kwargs: Any) -> None:
        sent.append(task)
        raise ConnectionError("Redis is away")

    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    monkeypatch.setattr("core.queue.async_task", refuse)
    return sent


def test_a_report_that_cannot_be_nudged_is_stored_once_and_answered(
    api_token: str, lost: list[str], caplog: pytest.LogCaptureFixture
) -> None:
    answer = Api(api_token).post("reports", {"text": "The export fails."})

    assert answer.status_code == 201
    assert Report.objects.count() == 1
    assert lost == ["tickets.tasks.triage_waiting"]
    assert "Redis is away" in caplog.text


def test_a_lost_nudge_leaves_the_transaction_and_the_next_nudge_alone(
    lost: list[str], caplog: pytest.LogCaptureFixture
) -> None:
    with transaction.atomic():
        enqueue("first", row_id=1)
        enqueue("second", row_id=2)
        assert lost == []

    assert lost == ["first", "second"]
    assert len(caplog.records) == 2
