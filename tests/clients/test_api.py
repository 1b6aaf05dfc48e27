"""Releases over the API: CI says what was deployed."""

import json
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.core.exceptions import ObjectDoesNotExist

from clients.actions import recall_api_key, use_api_key
from clients.models import ApiKey, ClientEvent, ClientEventKind, Project, Release
from core.models import RateWindow
from tests import factories
from tests.api import Api, check_problem

WHOLE = {
    "version": "2026.11.3",
    "environment": "staging",
    "commit": "9f2c1d7",
    "url": "https://ci.example/builds/7",
    "deployed_at": "2026-11-01T10:32:00Z",
}


@pytest.fixture
def api(api_token: str) -> Api:
    """CI with Acme's key."""
    return Api(api_token)


def test_a_deploy_is_recorded_by_the_key(api: Api, api_key: ApiKey) -> None:
    answer = api.post("releases", WHOLE)

    release = Release.objects.get()
    shown = json.loads(answer.content)
    assert answer.status_code == 201
    assert {name: shown[name] for name in WHOLE} == WHOLE
    assert (release.project, release.version) == (api_key.project, "2026.11.3")
    event = ClientEvent.objects.get(kind=ClientEventKind.RELEASE_RECORDED)
    assert (event.actor_key, event.release) == (api_key, release)


def test_a_version_is_enough_and_means_production_now(api: Api, now: datetime) -> None:
    api.post("releases", {"version": "1"})

    release = Release.objects.get()
    assert release.environment == "production"
    assert abs(release.deployed_at - now) < timedelta(minutes=1)


def test_the_same_deploy_again_changes_nothing(api: Api) -> None:
    first = api.post("releases", WHOLE)
    again = api.post("releases", {**WHOLE, "commit": "else"})

    assert (first.status_code, again.status_code) == (201, 200)
    assert first.content == again.content
    assert Release.objects.count() == 1


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"version": ""}, "version"),
        ({"version": "x" * 201}, "version"),
        ({"version": None}, "version"),
        ({"version": "a\x00b"}, "version"),
        ({"environment": "x" * 61}, "environment"),
        ({"commit": "x" * 65}, "commit"),
        ({"url": "no address"}, "url"),
        ({"url": "javascript:alert(1)"}, "url"),
        ({"deployed_at": "yesterday"}, "deployed_at"),
        ({"deployed_at": "2999-01-01T00:00:00Z"}, "deployed_at"),
        ({"deployed_at": "0001-01-01T00:00:00+14:00"}, "deployed_at"),
    ],
)
def test_what_cannot_be_recorded_names_the_field(api: Api, change: Any, field: str) -> None:
    check_problem(api.post("releases", {**WHOLE, **change}), 400, field)
    assert not Release.objects.exists()


def test_the_list_shows_the_project_s_own_newest_first(
    api: Api, project: Project, foreign_project: Project
) -> None:
    factories.make_release(project=foreign_project, version="theirs")
    for version in ("1", "2", "3"):
        factories.make_release(project=project, version=version)

    page = json.loads(api.get("releases?limit=2").content)

    assert [row["version"] for row in page["results"]] == ["3", "2"]
    rest = json.loads(api.get(page["next"].removeprefix("http://testserver")).content)
    assert [row["version"] for row in rest["results"]] == ["1"]


def test_a_key_is_found_and_stamped(api_key: ApiKey, api_token: str, now: datetime) -> None:
    use_api_key(token=api_token, now=now)
    use_api_key(token=api_token, now=now + timedelta(seconds=59))
    api_key.refresh_from_db()
    assert api_key.last_used_at == now
    key = use_api_key(token=api_token, now=now + timedelta(minutes=2))

    assert key == api_key and key.project == api_key.project
    assert key.created_by is None and key.project.client.name == "Acme"  # read when asked for
    api_key.refresh_from_db()
    assert api_key.last_used_at == now + timedelta(minutes=2)


def test_an_unknown_key_leaves_no_trace(db: None, now: datetime) -> None:
    with pytest.raises(ObjectDoesNotExist):
        use_api_key(token="so_live_" + "x" * 43, now=now)

    assert not RateWindow.objects.exists()


def test_a_key_is_recalled_for_half_a_minute(api_token: str, now: datetime) -> None:
    assert recall_api_key(token=api_token, now=now) is None
    key = use_api_key(token=api_token, now=now)

    assert recall_api_key(token=api_token, now=now + timedelta(seconds=29)) is key
    assert recall_api_key(token=api_token, now=now + timedelta(seconds=30)) is None
    assert recall_api_key(token=api_token + "x", now=now) is None
