"""The page to try the widget on."""

from datetime import datetime
from typing import Any

import pytest
from django.test import RequestFactory

from clients.models import Project
from shipops.widget_demo import widget_demo
from tests import factories


def _page(host: str) -> str:
    request = RequestFactory().get("/widget-demo/", headers={"host": host})
    return widget_demo(request).content.decode()


@pytest.mark.django_db
def test_the_page_carries_a_key_that_works_on_it(
    project: Project, foreign_project: Project, now: datetime, settings: Any
) -> None:
    settings.ALLOWED_HOSTS = ["localhost", "127.0.0.1"]
    assert "No key works on http://localhost:8000 yet" in _page("localhost:8000")
    factories.make_browser_key(project=foreign_project, now=now)
    key = factories.make_browser_key(project=project, origins="http://localhost:8000", now=now)
    assert f'data-key="{key.public_token}"' in _page("localhost:8000")
    assert "No key works" in _page("127.0.0.1")
