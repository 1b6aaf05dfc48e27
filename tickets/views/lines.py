"""The timeline as the portal tells it: reports and replies as speech, steps in plain words."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from django.utils.safestring import SafeString

from core.text import render_markdown
from tickets.models import Attachment, Report, TicketEventKind
from tickets.queries import TimelineEntry
from tickets.queries.answers import Answered, answers_of
from tickets.rules.plain_words import JOINED_BY_ONESELF, STEPS, Step


@dataclass(frozen=True)
class Line:
    """One line: a step, or something that somebody said with its files."""

    at: datetime
    who: str
    by_staff: bool
    step: Step | None = None
    note: str = ""
    report: Report | None = None
    answered: list[Answered] = field(default_factory=list)
    comment_id: int | None = None
    html: SafeString | None = None
    files: list[Attachment] = field(default_factory=list)


def lines_of(
    entries: Sequence[TimelineEntry],
    reports: Iterable[Report],
    number: int,
    *,
    to_reporter: bool = False,
) -> list[Line]:
    """Tell a timeline; ``number`` is the page's own, which needs no naming.

    Told to its reporter, it names nobody and nothing else.
    """
    told = {report.pk: report for report in reports}
    answered = answers_of(told.values())
    lines = [_line(entry, told, answered, number) for entry in entries]
    if to_reporter:
        pairs = zip(lines, entries, strict=True)
        return [replace(line, who=entry.who, note="") for line, entry in pairs]
    return lines


def _line(
    entry: TimelineEntry,
    reports: dict[int, Report],
    answered: dict[int, list[Answered]],
    number: int,
) -> Line:
    said = {"at": entry.at, "who": entry.who, "by_staff": entry.by_staff}
    if entry.comment:
        return Line(
            **said,  # type: ignore[arg-type]
            comment_id=entry.comment.pk,
            html=render_markdown(entry.comment.body),
            files=entry.files,
        )
    event = entry.event
    assert event is not None
    step = JOINED_BY_ONESELF if event.data.get("is_own") else STEPS[event.kind]
    report = reports.get(event.report_id or 0)
    if event.kind == TicketEventKind.REPORT_RECEIVED and report:
        who = str(report.reporter.user or report.reporter) if report.reporter else entry.who
        return Line(
            at=entry.at,
            who=who,
            by_staff=False,
            step=step,
            note="" if report.number == number else f"#{report.number}",
            report=report,
            answered=answered.get(report.pk, []),
            files=list(report.attachments.all()),
        )
    about = event.merge.source.number if event.merge else event.report_id
    return Line(
        **said,  # type: ignore[arg-type]
        step=step,
        note=f"#{about}" if about and about != number else "",
    )
