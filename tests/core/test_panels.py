from collections.abc import Iterator
from pathlib import Path

import pytest
from django.template import Context, Template
from django.test import RequestFactory
from pytest_django.fixtures import Settings

from core import panels
from core.errors import NotAllowed


@pytest.fixture(autouse=True)
def own_panels(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(panels, "_panels", {})
    yield


def _panel(name: str, order: int = 100, page: str = "ticket") -> None:
    def facts(subject: object) -> dict[str, object] | None:
        if subject == "refused":
            raise NotAllowed
        return {"name": name, "subject": subject} if subject else None

    panels.register(panels.Panel(name, page, facts, "panel.html", order))


def test_panels_stand_in_order_on_their_page_only() -> None:
    _panel("b", 2)
    _panel("a", 2)
    _panel("c", 1)
    _panel("d", page="client")
    assert [panel.name for panel, _ in panels.panels_for("ticket", "x")] == ["c", "a", "b"]
    assert panels.panels_for("nowhere", "x") == []


def test_a_panel_with_nothing_to_show_or_for_other_eyes_is_left_out() -> None:
    _panel("a")
    assert panels.panels_for("ticket", "") == []
    assert panels.panels_for("ticket", "refused") == []


def test_registering_again_replaces() -> None:
    _panel("a", 1)
    _panel("a", 2)
    assert len(panels.panels_for("ticket", "x")) == 1


def test_the_tag_renders_each_panel_escaped(settings: Settings, tmp_path: Path) -> None:
    (tmp_path / "panel.html").write_text("<p>{{ subject }}</p>")
    templates = [{**settings.TEMPLATES[0], "DIRS": [tmp_path]}]
    settings.TEMPLATES = templates
    _panel("a")
    page = Template("{% load panels %}{% panels 'ticket' subject %}")
    html = page.render(Context({"subject": "<b>", "request": RequestFactory().get("/")}))
    assert html == "<p>&lt;b&gt;</p>"
