from django.apps import AppConfig
from django.contrib.admin.apps import AdminConfig


class ShipOpsConfig(AppConfig):
    name = "shipops"


class ConsoleConfig(AdminConfig):
    """The Django admin, with our own site as the one that apps register with."""

    default_site = "shipops.console.ConsoleSite"
