"""On hand-labelled reports that it was not fitted to, triage reaches what the project promises."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.triage import cross_validate, data_folder, make_folds, measure, read_reports, score
from tickets.rules.words import Kind


def test_a_missing_data_folder_is_said_and_gives_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert measure(str(tmp_path)) == {}
    assert "no labelled reports" in capsys.readouterr().out


def test_the_folder_comes_from_the_argument_then_the_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SHIPOPS_DATA", str(tmp_path / "environment"))
    assert data_folder() == tmp_path / "environment"
    assert data_folder(str(tmp_path)) == tmp_path


@pytest.mark.slow
def test_five_folds_reach_the_promised_figures() -> None:
    if not (data_folder() / "reports" / "dev.jsonl").is_file():
        pytest.skip("the labelled reports are not here (SHIPOPS_DATA)")
    reports = read_reports(data_folder())
    folds = make_folds(reports, seed=0)
    assert sorted(place for fold in folds for place in fold) == list(range(len(reports)))
    assert all(any(reports[p].example.kind == Kind.PAYMENT for p in fold) for fold in folds)
    figures = score(cross_validate(reports, seed=0))
    assert figures["triage_kind"] >= 0.65
    assert figures["triage_severity"] >= 0.58
    assert figures["triage_severity_within_one"] >= 0.90
