from django.apps import AppConfig
from django.urls import register_converter
from django.urls.converters import IntConverter

from core import schedules


class NumberConverter(IntConverter):
    """A public number, ``<number:…>`` in a route: what a bigint holds and no more."""

    regex = "[1-9][0-9]{0,17}"


class CoreConfig(AppConfig):
    name = "core"

    def ready(self) -> None:
        register_converter(NumberConverter, "number")
        schedules.register("core.tasks.deliver_due", minutes=1)
        schedules.register("core.tasks.forget_rate_windows", minutes=60)
        schedules.register("core.tasks.forget_sessions", minutes=24 * 60)
