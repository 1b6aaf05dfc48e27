from django.apps import AppConfig
from django.conf import settings

from core import schedules


class TicketsConfig(AppConfig):
    name = "tickets"

    def ready(self) -> None:
        from anymail.signals import inbound

        from tickets.actions.rights import register_holdings
        from tickets.hooks import take_inbound
        from tickets.panels import register_panels

        register_panels()
        register_holdings()
        inbound.connect(take_inbound)
        schedules.register("tickets.tasks.triage_waiting", minutes=1)
        schedules.register("tickets.tasks.take_mails", minutes=1)
        schedules.register("tickets.tasks.watch_alerts", minutes=1)
        schedules.register("tickets.tasks.sweep_clocks", minutes=1)
        schedules.register("tickets.tasks.refresh_spare", minutes=1)
        schedules.register("tickets.tasks.learn_words", minutes=1)
        schedules.register("tickets.tasks.document_missing", minutes=10)
        schedules.register("tickets.tasks.recount_words", minutes=1440)
        schedules.register("tickets.tasks.count_terms", minutes=1)
        schedules.register("tickets.tasks.index_missing", minutes=10)
        if settings.SEMANTIC_DUPLICATES:
            schedules.register("tickets.tasks.learn_meanings", minutes=1)
        schedules.register("tickets.tasks.ask_for_recent_ships", minutes=10)
        schedules.register("tickets.tasks.sweep_promises", minutes=10)
        schedules.register("tickets.tasks.recount_confirmed", minutes=10)
        schedules.register("tickets.tasks.detect_outbreaks", minutes=5)
        schedules.register("tickets.tasks.erase_people", minutes=1)
        schedules.register("tickets.tasks.delete_doomed_files", minutes=10)
        schedules.register("tickets.tasks.expire_reports", minutes=1440)
        schedules.register("tickets.tasks.expire_mails", minutes=1440)
        schedules.register("tickets.tasks.sweep_loose_attachments", minutes=60)
