"""Old reports from elsewhere, brought in once."""

from datetime import datetime
from enum import Enum
from typing import Any

from django.db import transaction

from tickets.actions.content import Sender, check_report
from tickets.actions.reports import find_known, receive_report
from tickets.actions.triage import accept_report, propose_triage
from tickets.models import SignalKind, Source
from tickets.rules.import_rows import ImportRow
from tickets.rules.words import Kind


class Imported(Enum):
    """What became of a row."""

    OPENED = "opened"
    IN_TRIAGE = "left in triage"
    KNOWN = "already there"


@transaction.atomic
def import_report(
    *, project_id: int, row: ImportRow, leave_in_triage: bool, now: datetime
) -> Imported:
    """Store, triage and accept one old report, all or nothing; the same key again changes nothing.

    Its severity stays unconfirmed, nobody is alerted, and nothing is promised for it. What looks
    like spam waits for a person. Raises what receive_report refuses.
    """
    report, is_new = receive_report(
        project_id=project_id,
        source=Source.IMPORT,
        source_key=row.key,
        received_at=row.created_at,
        actor=None,
        now=now,
        **_content(row),
    )
    if not is_new:
        return Imported.KNOWN
    triage = propose_triage(report_id=report.pk, now=now)
    assert triage is not None
    if leave_in_triage or triage.kind == Kind.SPAM:
        return Imported.IN_TRIAGE
    accept_report(report_id=report.pk, actor=None, now=now)
    return Imported.OPENED


def check_import(*, project_id: int, row: ImportRow) -> bool:
    """Tell whether the row would be new, without writing; raises what import_report would."""
    digest = check_report(**_content(row)).digest()
    return find_known(project_id, Source.IMPORT, row.key, digest) is None


def _content(row: ImportRow) -> dict[str, Any]:
    """Give what check_report and receive_report ask for."""
    texts = dict(row.texts)
    release = texts.pop("release")
    return {
        "sender": Sender(email=texts.pop("email"), name=texts.pop("name")),
        "signals": [(SignalKind.RELEASE, release)] if release else [],
        **texts,
    }
