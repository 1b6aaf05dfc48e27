from django.apps import AppConfig
from django.db.models.signals import post_migrate


class ClientsConfig(AppConfig):
    name = "clients"

    def ready(self) -> None:
        from clients.calendars import begin_with_calendars
        from clients.groups import sync_groups

        post_migrate.connect(sync_groups, dispatch_uid="clients.groups")
        post_migrate.connect(begin_with_calendars, sender=self, dispatch_uid="clients.calendars")
