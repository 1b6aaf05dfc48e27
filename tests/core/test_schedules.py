"""What runs by the clock, and that every task named anywhere in the code exists."""

import re
from importlib import import_module
from inspect import Parameter, signature
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django_q.models import Schedule

from core import schedules

ROOT = Path(__file__).resolve().parents[2]
APPS = ("core", "clients", "tickets", "billing", "monitoring", "shipops")
NAMED = re.compile(r"[\"']((?:core|clients|tickets|billing|monitoring)\.tasks\.\w+)[\"']")
ENQUEUED = re.compile(r"\benqueue\(\s*[\"']([\w.]+)[\"']([^)]*)\)")


def _function(path: str) -> Any:
    module, _, name = path.rpartition(".")
    return getattr(import_module(module), name)


def _sources() -> str:
    return "\n".join(
        source.read_text() for app in APPS for source in sorted((ROOT / app).rglob("*.py"))
    )


def test_every_task_named_in_the_code_exists() -> None:
    named = set(NAMED.findall(_sources()))
    assert len(named) >= 6
    assert all(callable(_function(path)) for path in named)


def test_every_enqueued_task_takes_what_it_is_given() -> None:
    for path, arguments in ENQUEUED.findall(_sources()):
        signature(_function(path)).bind(**dict.fromkeys(re.findall(r"(\w+)=", arguments)))


@pytest.mark.parametrize("entry", schedules.registered(), ids=lambda entry: entry.task)
def test_every_scheduled_task_can_be_called_without_arguments(entry: schedules.Entry) -> None:
    parameters = signature(_function(entry.task)).parameters.values()
    assert all(parameter.default is not Parameter.empty for parameter in parameters)
    assert entry.minutes >= 1


@pytest.mark.parametrize("entry", schedules.registered(), ids=lambda entry: entry.task)
def test_every_scheduled_task_runs_on_an_empty_house(db: None, entry: schedules.Entry) -> None:
    _function(entry.task)()


def test_sync_writes_exactly_what_is_registered(db: None) -> None:
    Schedule.objects.create(name="old.task", func="old.task", schedule_type=Schedule.MINUTES)
    call_command("sync_schedules")
    call_command("sync_schedules")
    written = Schedule.objects.values_list("name", "func", "minutes", "repeats")
    assert sorted(written) == [
        (entry.task, entry.task, entry.minutes, -1) for entry in schedules.registered()
    ]


def test_syncing_again_leaves_the_next_run_where_it_is(db: None) -> None:
    call_command("sync_schedules")
    before = dict(Schedule.objects.values_list("name", "next_run"))
    call_command("sync_schedules")
    assert dict(Schedule.objects.values_list("name", "next_run")) == before
