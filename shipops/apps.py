from importlib import import_module

from django.apps import AppConfig
from django.contrib.admin.apps import SimpleAdminConfig
from django.core import checks

from shipops.checks import check_settings


class ShipOpsConfig(AppConfig):
    name = "shipops"

    def ready(self) -> None:
        checks.register(check_settings)


class ConsoleConfig(SimpleAdminConfig):
    """The Django admin, with our own site, and the pages of our own apps only.

    Other packages' admin pages would write past our actions, so none is discovered.
    """

    default_site = "shipops.console.ConsoleSite"

    def ready(self) -> None:
        super().ready()
        for app in ("core", "clients", "tickets"):
            import_module(f"{app}.admin")
