from django.apps import AppConfig
from django.db.models.signals import post_migrate


class ClientsConfig(AppConfig):
    name = "clients"

    def ready(self) -> None:
        from clients.groups import sync_groups

        post_migrate.connect(sync_groups, dispatch_uid="clients.groups")
