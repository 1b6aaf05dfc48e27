from django.apps import AppConfig

from core import schedules


class CoreConfig(AppConfig):
    name = "core"

    def ready(self) -> None:
        schedules.register("core.tasks.deliver_due", minutes=1)
        schedules.register("core.tasks.forget_rate_windows", minutes=60)
