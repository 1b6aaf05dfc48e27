import logging
import math
import time
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from clients.models import Client
from tickets import actions
from tickets.actions.locks import lock_ships
from tickets.models import Alert, QueuePlan, Report, Reporter, Sighting
from tickets.queries.clocks import clients_to_keep, due_lines, lines_by_old_hours
from tickets.queries.meanings import without_meaning
from tickets.queries.owed import clients_owing
from tickets.queries.promises import clients_with_backlog
from tickets.rules.states import ReportState

logger = logging.getLogger(__name__)
SWEEP_BATCH = 200
# Their tickets stay locked until all of a batch are asked.
ASK_BATCH = 20
# To offer promises to a client takes a tenth of a second with 2,000 promised, and a task ends after
# two minutes.
MOST_OFFERED = 300
SWEEP_SECONDS = 600  # as often as promises are swept
# Reports whose clocks one run counts anew after new hours of a calendar; the next run goes on. It
# takes a tenth of a worker's time limit.
MOST_COUNTED_ANEW = 10_000
# Actions wait while the words of what they change are learned.
LEARN_BATCH = 100
# To read what a report means takes a tenth of a second of a busy core.
MEANING_BATCH = 50
# Each is a transaction of its own.
EXPIRE_BATCH = 100
# A run of a sweep that goes on with the next one ends well before its worker's time limit.
MOST_SECONDS = 45
# A client's words are those of its newest documents: a minute of work, once a day.
MOST_RECOUNTED = 20_000


def propose_triage(report_id: int) -> None:
    """Triage one report, and then have it be found as a possible duplicate.

    The proposal stands even where that fails: a sweep finds what is not indexed.
    """
    actions.propose_triage(report_id=report_id, now=timezone.now())
    actions.index_report(report_id=report_id)
    if settings.SEMANTIC_DUPLICATES:
        actions.learn_meaning(report_id=report_id)


def triage_waiting() -> None:
    """Triage all that arrived; one report that fails holds up no other.

    Every arrival nudges it, and the clock runs it for what a lost nudge left behind.
    """
    waiting = Report.objects.filter(state=ReportState.RECEIVED).order_by("pk")
    last = 0
    while ids := list(waiting.filter(pk__gt=last).values_list("pk", flat=True)[:SWEEP_BATCH]):
        _each(propose_triage, ids)
        last = ids[-1]


def take_mail(mail_id: int) -> None:
    """Make of one mail what it is: a report, a reply, or nothing."""
    actions.take_mails(now=timezone.now(), mail_id=mail_id)


def take_mails() -> None:
    """Read the mails whose nudge was lost, or that failed before."""
    _until_done(lambda: actions.take_mails(now=timezone.now()))


def ask_reporters(event_id: int) -> None:
    """Ask the reporters of a shipped ticket whether it works for them."""
    actions.ask_reporters(event_id=event_id, now=timezone.now())


def ask_for_recent_ships() -> None:
    """Ask for the last two days' shipped tickets whose nudge was lost; nobody is asked twice.

    A ticket somebody works on at this moment is left to the next run.
    """
    since = timezone.now() - timedelta(days=2)
    ships = {0: 0}
    while ships:
        with transaction.atomic():
            ships = lock_ships(since=since, after=max(ships), most=ASK_BATCH)
            _each(ask_reporters, ships.values())


def recount_reach(reporter_id: int) -> None:
    """Count a reporter whose address was confirmed on all their tickets."""
    actions.recount_reach(reporter_id=reporter_id, now=timezone.now())


def recount_confirmed() -> None:
    """Count those confirmed within two days, whose nudge may have been lost."""
    since = timezone.now() - timedelta(days=2)
    confirmed = Reporter.objects.filter(email_confirmed_at__gte=since)
    _each(recount_reach, list(confirmed.values_list("pk", flat=True)))


def watch_alerts() -> None:
    """Tell of the alerts of a flood, and the leads of those nobody acknowledged in time."""
    due = Q(told_at=None) | Q(escalated_at=None, escalate_at__lte=timezone.now())
    flooded = Alert.objects.filter(due, acknowledged_at=None).order_by("client").distinct("client")
    _each(watch_alerts_of, list(flooded.values_list("client", flat=True)))


def watch_alerts_of(client_id: int) -> None:
    """Tell of the alerts of one client, and its lead of those nobody acknowledged in time."""
    now = timezone.now()
    actions.tell_alerts(client_id=client_id, now=now)
    actions.escalate_alerts(client_id=client_id, now=now)


def detect_outbreak(sighting_id: int) -> None:
    """Look for one sighting's problem at other clients."""
    actions.detect_outbreak(sighting_id=sighting_id, now=timezone.now())


def detect_outbreaks() -> None:
    """Look for the problems that tickets brought since the last time at other clients.

    Each such ticket nudges it, and the clock runs it for what a lost nudge left behind.
    """
    unchecked = Sighting.objects.filter(checked_at=None).order_by("pk")
    last = 0
    while ids := list(unchecked.filter(pk__gt=last).values_list("pk", flat=True)[:SWEEP_BATCH]):
        _each(detect_outbreak, ids)
        last = ids[-1]


def offer_promises(client_id: int) -> None:
    """Promise what a client has waiting, as far as its tokens and our time go."""
    actions.offer_promises(client_id=client_id, now=timezone.now())


def settle_pauses(client_id: int) -> None:
    """Move a client's due times by what its retainer was paused."""
    actions.settle_pauses(client_id=client_id, now=timezone.now())


def refresh_spare() -> None:
    """Find out anew what is to spare, where a change made that unknown.

    Until then whoever looks at the queue or takes of it simulates for themselves.
    """
    if not QueuePlan.objects.filter(simulated_at__isnull=False).exists():
        actions.refresh_plan(now=timezone.now())


def sweep_promises() -> None:
    """Keep promises up to date: pauses that are over, what is to spare, and offers anew.

    Where more clients have something to be offered than fit into a run, the next runs offer to the
    others: each run takes every second, third, … of them, beginning one further.
    """
    now = timezone.now()
    _each(settle_pauses, clients_owing(now))
    actions.refresh_plan(now=now)
    waiting = clients_with_backlog(now)
    runs = math.ceil(len(waiting) / MOST_OFFERED) or 1
    turn = int(now.timestamp()) // SWEEP_SECONDS % runs
    _each(offer_promises, waiting[turn::runs])


def sweep_clocks() -> None:
    """Note what time alone brought to SLA clocks: warnings and breaches, and who is told.

    It looks only at clocks with a step due, and at those that new hours of a calendar or a moved
    retainer may have changed. One that fails holds up no other.
    """
    now = timezone.now()
    _sweep_lines(due_lines(now), now)
    _sweep_lines(lines_by_old_hours(most=MOST_COUNTED_ANEW), now)
    _each(keep_client, clients_to_keep(now))


def _sweep_lines(lines: list[int], now: datetime) -> None:
    for place in range(0, len(lines), actions.KEEP_BATCH):
        ids = lines[place : place + actions.KEEP_BATCH]
        try:
            actions.sweep_clocks(report_ids=ids, now=now)
        except Exception:  # the outermost loop: one bad row must not stop the others
            logger.exception("clocks of %s failed together; each is tried by itself", ids)
            _each(sweep_clocks_of, ids)


def sweep_clocks_of(report_id: int) -> None:
    """Note what time alone brought to the clocks of one report."""
    actions.sweep_clocks(report_ids=[report_id], now=timezone.now())


def keep_client(client_id: int) -> None:
    """Bring the clocks of a client up to date whose retainer moved."""
    actions.keep_client(client_id=client_id, now=timezone.now())


def sweep_loose_attachments() -> None:
    """Drop uploads nobody tied to anything."""
    actions.sweep_loose_attachments(now=timezone.now())


def delete_doomed_files() -> None:
    """Delete the files whose rows were dropped."""
    _until_done(lambda: actions.delete_doomed_files(now=timezone.now()))


def erase_people() -> None:
    """Go on with the erasures that were asked for."""
    _until_done(lambda: actions.run_erasures(now=timezone.now()))


def expire_reports() -> None:
    """Blank what people said so long ago that their project keeps it no longer."""
    _until_done(lambda: actions.expire_reports(now=timezone.now(), most=EXPIRE_BATCH))


def expire_mails() -> None:
    """Blank mails that nothing came of and that are kept no longer."""
    _until_done(lambda: actions.expire_mails(now=timezone.now(), most=EXPIRE_BATCH))


def document_missing() -> None:
    """Write the documents of rows that have none: actions write those of what they change."""
    _until_done(lambda: actions.document_missing(most=SWEEP_BATCH))


def index_missing() -> None:
    """Have reports be found as possible duplicates that no task indexed: imports, old rows."""
    _until_done(lambda: actions.index_missing(most=SWEEP_BATCH))


def count_terms() -> None:
    """Count the terms of newly indexed reports into their clients' frequencies."""
    _until_done(lambda: actions.count_terms(most=SWEEP_BATCH))


def learn_meaning(report_id: int) -> None:
    """Store what one report means."""
    actions.learn_meaning(report_id=report_id)


def learn_meanings() -> None:
    """Store what indexed reports mean that no task read: old rows, where the setting is new."""
    waiting, began = without_meaning(), time.monotonic()
    while settings.SEMANTIC_DUPLICATES and time.monotonic() - began < MOST_SECONDS:
        ids = list(waiting.values_list("pk", flat=True)[:MEANING_BATCH])
        if not ids:
            break
        _each(learn_meaning, ids)
        waiting = waiting.filter(pk__lt=ids[-1])


def learn_words() -> None:
    """Take the words of new and changed documents into the vocabularies."""
    _until_done(lambda: actions.learn_words(batch=LEARN_BATCH))


def recount_words() -> None:
    """Count the words of each client anew, so that those that are gone are shown to nobody."""
    _each(recount_words_of, Client.objects.order_by("pk").values_list("pk", flat=True))
    actions.recount_all_words()


def recount_words_of(client_id: int) -> None:
    """Count the words of one client anew."""
    actions.recount_words(client_id=client_id, newest=MOST_RECOUNTED)


def _until_done(work: Callable[[], int]) -> None:
    """Work through what there is, as far as the time goes; the next run goes on."""
    began = time.monotonic()
    while work() and time.monotonic() - began < MOST_SECONDS:
        pass


def _each(task: Callable[[int], None], ids: Iterable[int]) -> None:
    for pk in ids:
        try:
            task(pk)
        except Exception:  # the outermost loop: one bad row must not stop the others
            logger.exception("%s of %s failed", task.__name__, pk)
