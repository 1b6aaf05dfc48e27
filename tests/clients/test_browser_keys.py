"""Keys for pages: from where they work, what they are, and who vouches for people."""

import hashlib
import hmac
from datetime import datetime

import pytest
from django.db import IntegrityError, transaction
from hypothesis import given
from hypothesis import strategies as st

from clients.actions import (
    change_browser_key,
    recall_api_key,
    revoke_api_key,
    rotate_identity_secret,
    use_api_key,
)
from clients.models import ApiKey, ClientEvent, ClientEventKind, KeyKind, Project, User
from clients.queries import identity_secret, is_signed
from clients.rules.origins import is_allowed, read_origins
from core.errors import InvalidInput, MoveRefused
from tests import factories
from tests.api import Api, check_problem


@pytest.mark.parametrize(
    ("text", "origins"),
    [
        ("https://shop.example", ["https://shop.example"]),
        ("HTTPS://Shop.Example/ , https://shop.example:443", ["https://shop.example"]),
        ("https://*.shop.example\nhttps://shop.example:8443",
         ["https://*.shop.example", "https://shop.example:8443"]),
        ("http://localhost:3000 http://127.0.0.1 http://[::1]:80",
         ["http://localhost:3000", "http://127.0.0.1", "http://[::1]"]),
    ],
)  # fmt: skip
def test_origins_are_read_as_browsers_write_them(text: str, origins: list[str]) -> None:
    assert read_origins(text) == origins


@pytest.mark.parametrize(
    "text",
    ["", " , ", "*", "https://*", "https://*.com", "https://a.*.com", "http://shop.example",
     "https://shop.example/path", "shop.example", "https://user@shop.example", "null",
     "https://shop.example:99999", "https://-a.example", "javascript://x", "https://a b.example",
     " ".join(f"https://a{n}.example" for n in range(51))],
)  # fmt: skip
def test_what_is_no_origin_is_refused(text: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        read_origins(text)
    assert refused.value.field == "origins"


@pytest.mark.parametrize(
    ("origin", "allowed"),
    [
        ("https://shop.example", True),
        ("HTTPS://SHOP.EXAMPLE", True),
        ("https://a.app.example", True),
        ("https://app.example", False),
        ("https://a.b.app.example", False),
        ("https://evilapp.example", False),
        ("http://shop.example", False),
        ("https://shop.example.evil.test", False),
        ("https://shop.example:444", False),
        ("https://*.app.example", True),
        ("null", False),
        ("", False),
    ],
)
def test_a_key_works_from_its_origins_alone(origin: str, allowed: bool) -> None:
    assert is_allowed(origin, ["https://shop.example", "https://*.app.example"]) is allowed


@given(st.text(max_size=60))
def test_no_text_breaks_the_reading_of_origins(text: str) -> None:
    try:
        found = read_origins(text)
    except InvalidInput:
        return
    assert found and all(is_allowed(origin, found) for origin in found)


@pytest.mark.django_db
def test_a_browser_key_files_and_does_nothing_else(project: Project, now: datetime) -> None:
    key = factories.make_browser_key(project=project, now=now)
    token = str(key.public_token)
    report = factories.make_report(project, now=now)
    assert token.startswith("so_pub_")
    assert key.scopes == ["reports:write"]

    # As a bearer it opens none of the endpoints for servers.
    for path in ("reports", "tickets", "form", f"reports/{report.number}/comments"):
        check_problem(Api(token).get(path), 401)
    check_problem(Api(token).post("reports", {"text": "It broke."}), 401)
    check_problem(Api(token).post(f"reports/{report.number}/comments", {"body": "Hi"}), 401)
    check_problem(Api(token).upload("a.txt", b"a"), 401)

    # Nor after it was used where it belongs.
    assert use_api_key(token=token, now=now, kind=KeyKind.BROWSER) == key
    assert recall_api_key(token=token, now=now) is None


@pytest.mark.django_db
def test_a_server_s_key_does_not_work_in_pages(api_token: str, now: datetime) -> None:
    with pytest.raises(ApiKey.DoesNotExist):
        use_api_key(token=api_token, now=now, kind=KeyKind.BROWSER)
    check_problem(Api().get(f"widget/config?key={api_token}"), 401)


@pytest.mark.django_db
def test_the_database_holds_a_key_to_its_kind(project: Project, now: datetime) -> None:
    key = factories.make_browser_key(project=project, now=now)
    for wrong in (
        {"public_token": None},
        {"scopes": ["reports:read"]},
        {"kind": "server"},
        {"kind": "server", "public_token": None},
    ):
        with pytest.raises(IntegrityError), transaction.atomic():
            ApiKey.objects.filter(pk=key.pk).update(**wrong)


@pytest.mark.django_db
def test_where_a_key_works_can_be_changed(project: Project, alice: User, now: datetime) -> None:
    key = factories.make_browser_key(project=project, now=now)
    facts = {"key_id": key.pk, "name": "Shop", "shows_suggestions": True, "actor": alice}
    changed = change_browser_key(origins="https://new.example", now=now, **facts)  # type: ignore[arg-type]
    assert changed.allowed_origins == ["https://new.example"] and changed.shows_suggestions
    event = ClientEvent.objects.get(kind=ClientEventKind.KEY_CHANGED)
    assert event.data == {"fields": ["name", "allowed_origins", "shows_suggestions"]}

    change_browser_key(origins="https://new.example", now=now, **facts)  # type: ignore[arg-type]
    assert ClientEvent.objects.filter(kind=ClientEventKind.KEY_CHANGED).count() == 1

    revoke_api_key(key_id=key.pk, actor=alice, now=now)
    with pytest.raises(MoveRefused):
        change_browser_key(origins="https://new.example", now=now, **facts)  # type: ignore[arg-type]
    server, _ = factories.make_api_key(project=project, now=now)
    with pytest.raises(MoveRefused):
        change_browser_key(origins="https://new.example", now=now, **{**facts, "key_id": server.pk})  # type: ignore[arg-type]


def _sign(secret: str, user_id: str) -> str:
    return hmac.new(secret.encode(), user_id.encode(), hashlib.sha256).hexdigest()


@pytest.mark.django_db
def test_only_the_project_s_own_secret_vouches(
    project: Project, foreign_project: Project, alice: User, now: datetime, settings: object
) -> None:
    signature = _sign(identity_secret(project), "u-7")
    assert is_signed(project, user_id="u-7", signature=signature)
    assert is_signed(project, user_id="u-7", signature=signature.upper() + " ")
    assert not is_signed(project, user_id="u-8", signature=signature)
    assert not is_signed(foreign_project, user_id="u-7", signature=signature)
    for wrong in ("", "0" * 64, signature[:-1], "ä"):
        assert not is_signed(project, user_id="u-7", signature=wrong)
    assert not is_signed(project, user_id="", signature=_sign(identity_secret(project), ""))

    settings.SECRET_KEY_FALLBACKS, settings.SECRET_KEY = [settings.SECRET_KEY], "another"  # type: ignore[attr-defined]
    assert is_signed(project, user_id="u-7", signature=signature), "signed before the key moved on"

    turned = rotate_identity_secret(project_id=project.pk, actor=alice, now=now)
    assert identity_secret(turned) != identity_secret(project)
    assert not is_signed(turned, user_id="u-7", signature=signature)
    assert is_signed(turned, user_id="u-7", signature=_sign(identity_secret(turned), "u-7"))
