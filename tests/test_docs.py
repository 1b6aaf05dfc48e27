"""The papers keep up: every setting, state and event kind stands in docs/."""

import re
from pathlib import Path

import pytest

from clients.models import ClientEventKind
from clients.rules.retainers import RetainerState
from shipops import env
from tickets.models import TicketEventKind
from tickets.rules.states import ReportState, TicketState

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"


def _words(page: str) -> set[str]:
    """Give everything that stands as code in a page of docs/, tables and blocks included."""
    text = (DOCS / page).read_text(encoding="utf-8")
    return set(re.findall(r"[A-Za-z0-9_.]+", text))


def _settings_read() -> set[str]:
    """Give the names that the code reads through shipops.env."""
    reading = re.compile(r"""\benv\.(?:text|boolean|integer|names|required)\(\s*["']([A-Z0-9_]+)""")
    return {
        name
        for path in (ROOT / "shipops").rglob("*.py")
        for name in reading.findall(path.read_text(encoding="utf-8"))
    }


def test_every_setting_is_documented() -> None:
    settings = env.KNOWN | _settings_read()

    assert settings, "the settings were not read"
    assert settings - _words("configuration.md") == set()


def test_no_setting_is_documented_that_nobody_reads() -> None:
    page = (DOCS / "configuration.md").read_text(encoding="utf-8")
    # The first column of the tables: | `NAME` | …
    documented = set(re.findall(r"^\|\s*`([A-Z][A-Z0-9_]+)`", page, re.MULTILINE))

    assert documented, "no table with the settings"
    source = (ROOT / "Makefile").read_text(encoding="utf-8") + "".join(
        path.read_text(encoding="utf-8")
        for folder in ("shipops", "benchmarks", "tests")
        for path in (ROOT / folder).rglob("*.py")
    )
    assert {name for name in documented if name not in source} == set()


def _papers() -> list[Path]:
    return [*ROOT.glob("*.md"), *DOCS.rglob("*.md"), *(ROOT / "benchmarks").glob("*.md")]


@pytest.mark.parametrize("paper", _papers(), ids=lambda paper: str(paper.relative_to(ROOT)))
def test_every_link_to_another_paper_leads_somewhere(paper: Path) -> None:
    text = paper.read_text(encoding="utf-8")
    links = re.findall(r"\]\(([^)\s]+)\)|^\[[^\]]+\]:\s*(\S+)", text, re.MULTILINE)
    targets = {(inline or named).partition("#")[0] for inline, named in links}
    local = {target for target in targets if target and "://" not in target}

    assert {target for target in local if not (paper.parent / target).exists()} == set()


def test_the_links_of_the_papers_are_found() -> None:
    assert any("](docs/" in paper.read_text(encoding="utf-8") for paper in _papers())


@pytest.mark.parametrize(
    "kinds", [ReportState, TicketState, RetainerState, TicketEventKind, ClientEventKind]
)
def test_every_state_and_event_kind_is_documented(kinds: type) -> None:
    assert set(kinds.values) - _words("architecture.md") == set()  # type: ignore[attr-defined]
