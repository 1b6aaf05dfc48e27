"""The worker as make run starts it: django-q2's cluster, none of whose processes is left behind."""

import os

import django
from django.core.management import call_command

from shipops.start.orphans import forks_die_with_us

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "shipops.settings")
    django.setup()
    forks_die_with_us()
    call_command("qcluster")
