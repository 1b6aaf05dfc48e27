"""A body that comes slowly: who loses access meanwhile has it no more when all of it is there."""

import io
import json
from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from django.test.client import BOUNDARY, MULTIPART_CONTENT, encode_multipart

from clients.actions import deactivate_user, revoke_api_key
from clients.models import ApiKey, Project, Release, User
from tests import factories
from tests.api import Api, check_problem
from tests.portal import signed_in
from tickets.models import Attachment, Comment

pytestmark = pytest.mark.django_db


class SlowBody(io.BytesIO):
    """A body in the middle of which something happens."""

    def __init__(self, body: bytes, happens: Callable[[], object]) -> None:
        super().__init__(body)
        self._happens: Callable[[], object] | None = happens

    def read(self, size: int | None = -1) -> bytes:
        if self._happens:
            happens, self._happens = self._happens, None
            happens()
        return super().read(size)


@pytest.mark.parametrize("endpoint", ["comments", "releases", "attachments", "reports"])
def test_a_key_revoked_before_the_body_is_there_does_nothing(
    project: Project, ops_admin: User, now: datetime, endpoint: str
) -> None:
    key, token = factories.make_api_key(project=project)
    report = factories.make_report(project=project)
    bodies = {
        "comments": (f"reports/{report.number}/comments", {"body": "late"}),
        "releases": ("releases", {"version": "late"}),
        "reports": ("reports", {"text": "late"}),
    }
    content_type = "application/json"
    if endpoint == "attachments":
        path, content_type = "attachments", MULTIPART_CONTENT
        file = io.BytesIO(b"late")
        file.name = "late.txt"
        body = encode_multipart(BOUNDARY, {"file": file})
    else:
        path, sent = bodies[endpoint]
        body = json.dumps(sent).encode()

    def revoke() -> None:
        revoke_api_key(key_id=key.pk, actor=ops_admin, now=now)

    slow: Any = {"wsgi.input": SlowBody(body, revoke)}
    api = Api(token)
    answer = api.http.generic(
        "POST", f"/api/v1/{path}", body, content_type, headers=api.headers,
        **slow,
    )  # fmt: skip

    assert ApiKey.objects.get(pk=key.pk).revoked_at, "the body was not read"
    check_problem(answer, 401)  # type: ignore[arg-type]
    assert "RateLimit" not in answer.headers
    assert not Comment.objects.exists()
    assert not Release.objects.exists()
    assert not Attachment.objects.exists()
    assert project.reports.count() == 1


def test_a_person_shut_out_before_the_form_is_there_says_nothing(
    project: Project, alice: User, ops_admin: User, now: datetime
) -> None:
    report = factories.make_report(project=project)
    browser = signed_in(alice)
    body = encode_multipart(BOUNDARY, {"action": "reply", "body": "late"})

    def shut_out() -> None:
        deactivate_user(user_id=alice.pk, actor=ops_admin, now=now)

    slow: Any = {"wsgi.input": SlowBody(body, shut_out)}
    answer = browser.generic(
        "POST", f"/portal/reports/{report.number}/", body, MULTIPART_CONTENT,
        **slow,
    )  # fmt: skip

    assert not User.objects.get(pk=alice.pk).is_active, "the body was not read"
    assert answer.status_code == 302 and "/account/login/" in answer.headers["Location"]
    assert not Comment.objects.exists()
