"""What every test can use."""

import pytest
from django.conf import settings


def pytest_configure(config: pytest.Config) -> None:
    """Leave out what only costs time: slow password hashing, and hashed names of static files."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    settings.STORAGES = {
        **settings.STORAGES,
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    }
