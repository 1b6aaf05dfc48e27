"""Bring a file of old reports in, as often as it takes."""

import csv
import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone
from tqdm import tqdm

from clients.models import Project
from clients.queries import find_project
from core.errors import InvalidInput, Refused
from tickets.actions import Imported, check_import, import_report
from tickets.rules.import_rows import COLUMNS, read_row

MOST_LINE = 1024 * 1024
# A row and the line it starts on; instead of a row, why there is none.
Row = tuple[int, Any]


class Command(BaseCommand):
    help = (
        "Imports reports from a JSONL or CSV file, triages them and opens tickets. Running it "
        "again imports nothing twice. Exits with 1 if lines were refused."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "file", type=Path, help="JSONL (one object a line) or CSV with a header"
        )
        parser.add_argument("--project", required=True, help="the project's short name")
        parser.add_argument(
            "--format", choices=["jsonl", "csv"], help="if the ending does not tell"
        )
        parser.add_argument(
            "--dry-run", action="store_true", help="check everything, write nothing"
        )
        parser.add_argument("--refused", type=Path, help="also write the refused lines here (CSV)")
        parser.add_argument(
            "--leave-in-triage", action="store_true", help="open no tickets: staff decide"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Import row by row; what is done stays done when it is stopped."""
        project = _project(options["project"])
        form = options["format"] or _format_of(options["file"])
        self.counts: Counter[str] = Counter()
        try:
            with (
                options["file"].open("rb") as source,
                _Refusals(self, options["refused"]) as refuse,
            ):
                size = options["file"].stat().st_size
                with tqdm(total=size, unit="B", unit_scale=True, desc="Importing") as bar:
                    lines = _Lines(source, bar)
                    rows = _json_rows(lines) if form == "jsonl" else _csv_rows(lines)
                    for number, row in rows:
                        self._take(project, number, row, refuse, options)
        except OSError as error:
            raise CommandError(f"{error.filename}: {error.strerror}") from None
        except KeyboardInterrupt:
            self._summary(options["dry_run"])
            raise CommandError(
                "Stopped. Run it again to go on where it stopped.", returncode=130
            ) from None
        self._summary(options["dry_run"])
        if self.counts["refused"]:
            raise CommandError(f"{self.counts['refused']} lines were refused.")

    def _take(
        self, project: Project, number: int, row: Any, refuse: "_Refusals", options: dict[str, Any]
    ) -> None:
        """Import one row, or say why not."""
        now = timezone.now()
        try:
            if isinstance(row, InvalidInput):
                raise row
            found = read_row(row, now=now)
            if options["dry_run"]:
                new = check_import(project_id=project.pk, row=found)
                self.counts["would be imported" if new else Imported.KNOWN.value] += 1
                return
            outcome = import_report(
                project_id=project.pk,
                row=found,
                leave_in_triage=options["leave_in_triage"],
                now=now,
            )
            self.counts[outcome.value] += 1
        except Refused as refusal:
            self.counts["refused"] += 1
            refuse(number, refusal)

    def _summary(self, dry_run: bool) -> None:
        opened, left = (self.counts[which.value] for which in (Imported.OPENED, Imported.IN_TRIAGE))
        if dry_run:
            parts = [f"{self.counts['would be imported']} would be imported"]
        else:
            parts = [
                f"{opened + left} imported ({opened} opened as tickets, {left} left in triage)"
            ]
        parts += [f"{self.counts[Imported.KNOWN.value]} already there"]
        parts += [f"{self.counts['refused']} refused"]
        self.stdout.write(", ".join(parts) + ".")


class _Refusals:
    """Tells of refused lines as they come: on the terminal, and in a file if one is wanted."""

    def __init__(self, command: Command, path: Path | None) -> None:
        self.command, self.path = command, path

    def __enter__(self) -> "_Refusals":
        self.file = self.path.open("w", newline="", encoding="utf-8") if self.path else None
        self.rows = csv.writer(self.file) if self.file else None
        if self.rows:
            self.rows.writerow(["line", "field", "reason"])
        return self

    def __exit__(self, *args: object) -> None:
        if self.file:
            self.file.close()

    def __call__(self, number: int, refusal: Refused) -> None:
        field = f" {refusal.field}:" if refusal.field else ""
        with tqdm.external_write_mode():
            self.command.stderr.write(f"line {number}:{field} {refusal.message}")
        if self.rows:
            self.rows.writerow([number, refusal.field, refusal.message])


class _Lines:
    """The lines of a file with their numbers, read no further than MOST_LINE into any of them."""

    def __init__(self, source: BinaryIO, bar: "tqdm[Any]") -> None:
        self.source, self.bar = source, bar
        self.number = 0
        self.refusals: dict[int, InvalidInput] = {}

    def __iter__(self) -> Iterator[str]:
        """Give each line as text; one that is none is given empty and noted in ``refusals``."""
        while line := self.source.readline(MOST_LINE):
            self.number += 1
            self.bar.update(len(line))
            if len(line) == MOST_LINE and not line.endswith(b"\n"):
                self._skip()
                line = self._refuse(f"The line is longer than {MOST_LINE:,} bytes.")
            try:
                yield line.decode("utf-8-sig" if self.number == 1 else "utf-8")
            except UnicodeDecodeError:
                yield self._refuse("The line is not UTF-8.").decode()

    def _refuse(self, why: str) -> bytes:
        self.refusals[self.number] = InvalidInput(why)
        return b"\n"

    def _skip(self) -> None:
        while rest := self.source.readline(MOST_LINE):
            self.bar.update(len(rest))
            if rest.endswith(b"\n"):
                return

    def refusal_from(self, start: int) -> InvalidInput | None:
        """Give what was wrong with a line from ``start`` on, and forget it."""
        found = [self.refusals.pop(number) for number in sorted(self.refusals) if number >= start]
        return found[0] if found else None


def _json_rows(lines: _Lines) -> Iterator[Row]:
    for line in lines:
        refusal = lines.refusal_from(lines.number)
        if refusal:
            yield lines.number, refusal
        elif line.strip():
            try:
                yield lines.number, json.loads(line)
            except (ValueError, RecursionError):
                yield lines.number, InvalidInput("The line is not JSON.")


def _csv_rows(lines: _Lines) -> Iterator[Row]:
    """Read rows of named columns; a quoted text may go over several lines."""
    csv.field_size_limit(MOST_LINE)
    feed = iter(lines)
    head = next(feed, "")
    separator = max(",;\t", key=head.count)
    names = [name.strip().lower() for name in next(csv.reader([head], delimiter=separator), [])]
    if not set(names) & {*COLUMNS["text"], *COLUMNS["title"]}:
        raise CommandError("The first line must name the columns, one of them text or body.")
    reader = csv.reader(feed, delimiter=separator)
    while True:
        start = lines.number + 1
        try:
            values = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            lines.refusal_from(start)
            yield start, InvalidInput(f"The line is not CSV: {error}.")
            continue
        if refusal := lines.refusal_from(start):
            yield start, refusal
        elif len(values) > len(names):
            yield start, InvalidInput("The line has more columns than the first one.")
        elif values:
            yield start, dict(zip(names, values, strict=False))


def _format_of(path: Path) -> str:
    forms = {".jsonl": "jsonl", ".ndjson": "jsonl", ".csv": "csv"}
    try:
        return forms[path.suffix.lower()]
    except KeyError:
        raise CommandError("Say --format jsonl or --format csv.") from None


def _project(slug: str) -> Project:
    try:
        return find_project(slug)
    except Project.DoesNotExist:
        raise CommandError(f"There is no project in use with the short name {slug!r}.") from None
