"""The examples of docs/api.md run as they stand there, and the JSON Schema of a report is true."""

import re
from pathlib import Path
from typing import Any

import pytest
from django.test import Client as Browser
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]

from clients.models import Project
from tests import factories
from tests.api import Api
from tickets.models import Report

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "api.md").read_text(encoding="utf-8")
FINE = {
    "text": "No credits.", "title": "Credits", "page_url": "https://shop.example/",
    "severity": "S2", "release": "2026.11.3",
    "reporter": {"email": "kim@example.com", "name": "Kim"},
    "signals": [{"kind": "fingerprint", "value": "abc"}],
}  # fmt: skip


def example(language: str) -> str:
    found = re.search(rf"```{language}\n(.*?)```", PAGE, re.S)
    assert found is not None
    return found[1]


@pytest.fixture
def validator(db: None) -> Draft202012Validator:
    schema = Browser().get("/api/v1/schemas/report.json").json()
    Draft202012Validator.check_schema(schema)
    return Draft202012Validator(schema)


def test_what_is_taken_fits_the_schema(validator: Draft202012Validator, project: Project) -> None:
    _, token = factories.make_api_key(project=project)
    for sent in ({"text": "Broken."}, FINE):
        assert validator.is_valid(sent), [error.message for error in validator.iter_errors(sent)]
        assert Api(token).post("reports", sent).status_code == 201


@pytest.mark.parametrize(
    "sent",
    [{}, {"text": 3}, {"text": "x", "severity": "S9"},
     {"text": "x", "signals": [{"kind": "smell", "value": "x"}]}, {"text": "x", "attachments": "1"},
     ["x"]],
)  # fmt: skip
def test_what_does_not_fit_is_refused(
    sent: Any, validator: Draft202012Validator, project: Project
) -> None:
    _, token = factories.make_api_key(project=project)
    assert not validator.is_valid(sent)
    assert Api(token).post("reports", sent).status_code == 400
    assert not Report.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_the_python_example_files_a_report(
    live_server: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, token = factories.make_api_key(project=factories.make_project())
    monkeypatch.setenv("SHIPOPS_URL", live_server.url)
    monkeypatch.setenv("SHIPOPS_KEY", token)
    names: dict[str, Any] = {}
    exec(compile(example("python"), "docs/api.md", "exec"), names)  # noqa: S102 - our own page
    number = names["report"]("No credits.", page_url="https://shop.example/", severity="S2")
    assert Report.objects.get().number == number
