"""What every test can use."""

import gc
import os
from datetime import datetime

import hypothesis
import pytest
from django.conf import settings
from django.utils import timezone

from clients.models import ApiKey, Client, Project, User
from tests import factories


def pytest_configure(config: pytest.Config) -> None:
    """Leave out what only costs time: slow password hashing, and hashed names of static files.

    A slow machine is no failure: what must be fast is held to a bound of its own (tests.timing).
    """
    hypothesis.settings.register_profile("shipops", deadline=None)
    hypothesis.settings.load_profile("shipops")
    # Everything is loaded once and stays; looking through it again takes a sixth of the run.
    gc.set_threshold(100_000, 50, 100)
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    settings.STORAGES = {
        **settings.STORAGES,
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    }


def pytest_xdist_auto_num_workers(config: pytest.Config) -> int:
    """Run one more than there are cores: some always wait for a database or a browser."""
    return (os.cpu_count() or 1) + 1


def pytest_collection_finish() -> None:
    """Take what is loaded by now for lasting."""
    gc.freeze()


@pytest.fixture
def now() -> datetime:
    """The present instant."""
    return timezone.now()


@pytest.fixture
def acme(db: None, now: datetime) -> Client:
    """A client with an active retainer."""
    client = factories.make_client(name="Acme", now=now)
    factories.make_retainer(client=client, now=now)
    return client


@pytest.fixture
def globex(db: None, now: datetime) -> Client:
    """Another client, with an active retainer too."""
    client = factories.make_client(name="Globex", now=now)
    factories.make_retainer(client=client, now=now)
    return client


@pytest.fixture
def alice(acme: Client, now: datetime) -> User:
    """Owner of Acme."""
    return _person(acme, "alice@acme.test", "Alice Adams", "owner", now)


@pytest.fixture
def bob(acme: Client, now: datetime) -> User:
    """Member of Acme: Alice's colleague."""
    return _person(acme, "bob@acme.test", "Bob Brown", "member", now)


@pytest.fixture
def vera(acme: Client, now: datetime) -> User:
    """Viewer of Acme."""
    return _person(acme, "vera@acme.test", "Vera Vance", "viewer", now)


@pytest.fixture
def charlie(globex: Client, now: datetime) -> User:
    """Owner of Globex: a stranger to Acme."""
    return _person(globex, "charlie@globex.test", "Charlie Clark", "owner", now)


@pytest.fixture
def engineer(db: None, now: datetime) -> User:
    """An engineer."""
    return factories.make_staff(email="erin@shipops.test", name="Erin Engel", now=now)


@pytest.fixture
def engineer2(db: None, now: datetime) -> User:
    """Another engineer."""
    return factories.make_staff(email="emil@shipops.test", name="Emil Ernst", now=now)


@pytest.fixture
def ops_admin(db: None, now: datetime) -> User:
    """An ops admin."""
    return factories.make_staff(
        role="ops_admin", email="olga@shipops.test", name="Olga Olsen", now=now
    )


@pytest.fixture
def project(acme: Client, now: datetime) -> Project:
    """Acme's app."""
    return factories.make_project(client=acme, name="Acme Shop", slug="acme-shop", now=now)


@pytest.fixture
def foreign_project(globex: Client, now: datetime) -> Project:
    """The app of Globex."""
    return factories.make_project(client=globex, name="Globex CRM", slug="globex-crm", now=now)


@pytest.fixture
def key_and_token(project: Project, now: datetime) -> tuple[ApiKey, str]:
    """A key of Acme's app with every scope, and its token."""
    return factories.make_api_key(project=project, now=now)


@pytest.fixture
def api_key(key_and_token: tuple[ApiKey, str]) -> ApiKey:
    """The row of the key."""
    return key_and_token[0]


@pytest.fixture
def api_token(key_and_token: tuple[ApiKey, str]) -> str:
    """The token of the same key, as CI sends it."""
    return key_and_token[1]


def _person(client: Client, email: str, name: str, role: str, now: datetime) -> User:
    return factories.make_member(client=client, email=email, name=name, role=role, now=now).user
