from typing import Any

from django.core.management.base import BaseCommand
from django.db import transaction
from django_q.models import Schedule

from core import schedules


class Command(BaseCommand):
    help = "Write the registered schedules for the worker; drop those nobody registers any more."

    @transaction.atomic
    def handle(self, *args: Any, **options: Any) -> None:
        entries = schedules.registered()
        for entry in entries:
            Schedule.objects.update_or_create(
                name=entry.task,
                defaults={
                    "func": entry.task,
                    "schedule_type": Schedule.MINUTES,
                    "minutes": entry.minutes,
                    "repeats": -1,
                },
            )
        Schedule.objects.exclude(name__in=[entry.task for entry in entries]).delete()
        self.stdout.write(f"{len(entries)} schedules")
