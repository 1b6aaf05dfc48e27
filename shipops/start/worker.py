"""The worker as make run starts it: django-q2's cluster, none of whose processes is left behind."""

import gc
import os
from importlib import import_module

import django
from django.apps import apps
from django.core.management import call_command
from django.utils.module_loading import module_has_submodule

from shipops.start.orphans import forks_die_with_us


def load_tasks() -> None:
    """Load what tasks need before the cluster forks, so that its processes share that memory.

    Frozen objects are not touched by the collector, which would copy their pages.
    """
    from tickets.rules.triage import ReportText, propose

    for app in apps.get_app_configs():
        if app.module is not None and module_has_submodule(app.module, "tasks"):
            import_module(f"{app.name}.tasks")
    propose(ReportText("The lexicon is read at the first proposal."))
    gc.collect()
    gc.freeze()


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "shipops.settings")
    django.setup()
    load_tasks()
    forks_die_with_us()
    call_command("qcluster")
