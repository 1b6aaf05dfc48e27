"""Files sent over the API again: a retried upload makes no second file."""

import json
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from threading import Barrier
from typing import Any

import pytest
from django.core.files.storage import default_storage
from django.http import HttpResponse

from clients.models import Project
from tests import factories
from tests.api import Api, check_problem
from tests.threads import press_at_once
from tickets.actions import attachments as uploads
from tickets.actions import sweep_loose_attachments
from tickets.gateways import files
from tickets.models import Attachment, Report
from tickets.rules.attachments import prepare_file

pytestmark = pytest.mark.django_db
LOG = b"what I saw\n" * 500


@pytest.fixture(autouse=True)
def own_files(settings: Any, tmp_path: Any) -> None:
    """Keep the files of a test apart, so that they can be counted."""
    settings.MEDIA_ROOT = tmp_path


@pytest.fixture
def api(api_token: str) -> Api:
    """A program with Acme's key."""
    return Api(api_token)


def _send(api: Api, name: str = "log.txt", data: bytes = LOG, key: str = "file-1") -> HttpResponse:
    return api.upload(name, data, Idempotency_Key=key)


def _files() -> list[bytes]:
    """Give the content of every file in the storage."""
    found: list[bytes] = []
    waiting = [""]
    while waiting:
        folder = waiting.pop()
        folders, names = default_storage.listdir(folder)
        waiting += [f"{folder}/{name}".lstrip("/") for name in folders]
        found += [default_storage.open(f"{folder}/{name}".lstrip("/")).read() for name in names]
    return found


def test_a_retried_upload_gives_the_first_answer_again(api: Api) -> None:
    first, again = _send(api), _send(api)

    assert (first.status_code, again.status_code) == (201, 201)
    assert first.content == again.content
    assert "Idempotent-Replayed" not in first.headers
    assert again.headers["Idempotent-Replayed"] == "true"
    assert Attachment.objects.count() == 1
    assert _files() == [LOG]


def test_without_a_key_or_with_another_each_upload_is_a_file(api: Api) -> None:
    sent = [api.upload("log.txt", LOG), api.upload("log.txt", LOG), _send(api), _send(api, key="2")]

    assert {answer.status_code for answer in sent} == {201}
    assert len({json.loads(answer.content)["id"] for answer in sent}) == 4
    assert all("Idempotent-Replayed" not in answer.headers for answer in sent)


@pytest.mark.parametrize("changed", [{"data": b"else"}, {"name": "other.txt"}])
def test_the_same_key_with_another_content_is_refused(api: Api, changed: Any) -> None:
    _send(api)

    check_problem(_send(api, **changed), 422)
    assert Attachment.objects.count() == 1
    assert _files() == [LOG]


def test_a_key_counts_for_one_api_key_and_one_address(api: Api, project: Project) -> None:
    _send(api)
    colleague = Api(factories.make_api_key(project=project)[1])

    other = _send(colleague, data=b"else")
    report = api.post("reports", {"text": "x"}, Idempotency_Key="file-1")

    assert (other.status_code, report.status_code) == (201, 201)
    assert Attachment.objects.count() == 2


@pytest.mark.parametrize("key", ["", "a b", "x" * 201, "é"])
def test_a_key_that_is_none_is_named(api: Api, key: str) -> None:
    check_problem(_send(api, key=key), 400, "Idempotency-Key")
    assert not Attachment.objects.exists()


def test_a_refused_file_takes_no_key(api: Api) -> None:
    check_problem(_send(api, data=b""), 400, "file")

    assert _send(api).status_code == 201


def test_report_and_files_may_all_be_repeated_as_they_are(api: Api) -> None:
    for _ in range(2):
        file = json.loads(_send(api).content)["id"]
        answer = api.post(
            "reports", {"text": "x", "attachments": [file]}, Idempotency_Key="report-1"
        )
        assert answer.status_code == 201

    assert Report.objects.get().attachments.get() == Attachment.objects.get()


def test_a_file_that_was_swept_is_stored_anew(api: Api, now: datetime) -> None:
    _send(api)
    sweep_loose_attachments(now=now + timedelta(hours=25))

    again = _send(api)

    assert (again.status_code, "Idempotent-Replayed" in again.headers) == (201, False)
    assert _files() == [LOG]


@pytest.mark.parametrize("left", [None, b"", LOG[:100]])
def test_a_retry_heals_an_upload_that_was_cut_short(api: Api, left: bytes | None) -> None:
    first = _send(api)
    path = default_storage.path(Attachment.objects.get().path)
    if left is None:
        default_storage.delete(path)
    else:
        with open(path, "wb") as file:
            file.write(left)

    again = _send(api)

    assert again.content == first.content
    assert _files() == [LOG]


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("others", [b"else", LOG])
def test_two_at_once_store_one_file(
    api_token: str, others: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    both_looked = Barrier(2, timeout=20)

    def prepare_together(*args: Any, **terms: Any) -> Any:
        both_looked.wait()  # neither found the other's row
        return prepare_file(*args, **terms)

    monkeypatch.setattr(uploads, "prepare_file", prepare_together)
    answers = press_at_once([partial(_send, Api(api_token), data=data) for data in (LOG, others)])

    assert Attachment.objects.count() == 1
    assert len(_files()) == 1
    if others == LOG:
        assert [answer.status_code for answer in answers] == [201, 201]
        assert answers[0].content == answers[1].content
        assert sum("Idempotent-Replayed" in answer.headers for answer in answers) == 1
    else:
        assert sorted(answer.status_code for answer in answers) == [201, 422]


def test_a_retry_that_writes_before_the_first_leaves_one_file(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_file = files.write_file
    retried: list[HttpResponse] = []

    def write_late(path: str, data: bytes) -> None:
        monkeypatch.setattr(files, "write_file", write_file)
        retried.append(_send(api))  # finds the row, and no file yet
        write_file(path, data)

    monkeypatch.setattr(files, "write_file", write_late)
    first = _send(api)

    assert [first.content] == [answer.content for answer in retried]
    assert default_storage.exists(Attachment.objects.get().path)
    assert _files() == [LOG]


def test_a_whole_file_stays_as_it_is_though_it_would_be_prepared_otherwise_by_now(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = _send(api)

    def prepare_otherwise(*args: Any, **terms: Any) -> Any:
        return replace(prepare_file(*args, **terms), data=b"shorter")

    monkeypatch.setattr(uploads, "prepare_file", prepare_otherwise)
    again = _send(api)

    assert again.content == first.content
    assert _files() == [LOG]
