"""How the queue's rules treat quiet clients beside a noisy one, on synthetic or past weeks."""

import csv
from argparse import ArgumentTypeError
from collections.abc import Callable, Iterator
from datetime import UTC
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.template.defaultfilters import pluralize
from tqdm import tqdm

from clients.queries import house_calendar
from core.calendars import Calendar
from core.errors import InvalidInput
from tickets.rules.queue.simulator import (
    ORDERS,
    TARGETS,
    House,
    RealWeeks,
    Synthetic,
    nine_to_five,
    read_row,
    simulate,
)
from tickets.rules.queue.simulator.report import past_table, quiet_table, shortfalls
from tickets.rules.queue.simulator.rows import NEEDED, OPTIONAL
from tickets.rules.queue.simulator.seeds import run_all
from tickets.rules.words import Priority


class Command(BaseCommand):
    help = (
        "Runs the queue's own rules on synthetic weeks in which one client sends many times its "
        "share and calls everything critical, or on past tickets (--csv), next to first in first "
        "out, severity as claimed and earliest due first. Writes nothing."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        house = parser.add_argument_group("the house")
        house.add_argument("--engineers", type=_whole(1, 200), default=3)
        house.add_argument(
            "--tokens", type=_number(0, 1000), default=4, help="commitment tokens a slot and week"
        )
        house.add_argument(
            "--burst", type=_number(0, 1000), default=8, help="the most tokens of a slot"
        )
        house.add_argument(
            "--targets", type=_targets, default=TARGETS, metavar="P1,P2,P3,P4",
            help="business minutes to the resolution (default: 480,1440,2400,4800)",
        )  # fmt: skip
        _add_synthetic(parser)
        _add_past(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        """Run what was asked for."""
        try:
            if options["csv"]:
                self._past(options)
            else:
                self._synthetic(options)
        except KeyboardInterrupt:
            raise CommandError("Stopped.", returncode=130) from None

    def _synthetic(self, options: dict[str, Any]) -> None:
        count, pattern = options["clients"], options["slots"]
        weeks = Synthetic(
            slots=tuple(int(pattern[client % len(pattern)]) for client in range(count)),
            engineers=options["engineers"],
            weeks=options["weeks"],
            load=options["load"],
            believed=options["believed"],
            refill=options["tokens"],
            burst=options["burst"],
            targets=options["targets"],
        )
        factors = options["factors"]
        seeds = range(options["first_seed"], options["first_seed"] + options["seeds"])
        total = len(set(factors)) * len(ORDERS) * len(seeds)
        with tqdm(total=total, unit="run", desc="Simulating") as bar:
            results = run_all(
                weeks, factors, seeds, processes=options["processes"], tell=bar.update
            )
        tickets = results[factors[0], "shipops"].quiet.tickets
        self.stdout.write(
            f"{_many(count, 'client')}, {_many(options['engineers'], 'engineer')}, "
            f"{_many(options['weeks'], 'week')}, {_many(len(seeds), 'seed')}, "
            f"{options['load']:g} % load.\n"
            "One client sends so many times its share and calls all of it critical; of the\n"
            f"{tickets:,} tickets of the others, the same in every column:\n\n"
        )
        self.stdout.write(quiet_table(results, factors))
        missing = shortfalls(results, factors) if options["check"] else []
        if missing:
            raise CommandError("Out of bounds: " + "; ".join(missing) + ".", returncode=1)

    def _past(self, options: dict[str, Any]) -> None:
        weeks, refused = self._read(options["csv"], options["zone"])
        if not weeks.tickets:
            raise CommandError("There is no ticket in the file.")
        targets = options["targets"]
        try:
            shifts = weeks.shifts(_calendar(options), options["engineers"], max(targets.values()))
        except InvalidInput as refusal:
            raise CommandError(refusal.message) from None
        house = House(
            shifts, weeks.slots, options["engineers"], options["tokens"], options["burst"], targets
        )
        arrivals = weeks.arrivals()
        with tqdm(total=len(arrivals) * len(ORDERS), unit="ticket", desc="Simulating") as bar:
            done = {order: simulate(arrivals, house, order, tell=bar.update) for order in ORDERS}
        self.stdout.write(
            f"{_many(len(arrivals), 'ticket')} of {_many(len(weeks.clients), 'client')}, "
            f"{_many(options['engineers'], 'engineer')}:\n\n"
        )
        self.stdout.write(past_table(done, weeks.clients))
        if refused:
            were = "was" if refused == 1 else "were"
            raise CommandError(f"{_many(refused, 'line')} {were} refused, the others simulated.")

    def _read(self, path: Path, zone: ZoneInfo | None) -> tuple[RealWeeks, int]:
        """Read the file; what is refused is told by its line."""
        weeks, refused = RealWeeks(), 0
        try:
            with path.open(newline="", encoding="utf-8-sig") as source:
                for line, row in _rows(source):
                    try:
                        if isinstance(row, InvalidInput):
                            raise row
                        weeks.add(read_row(row, zone or UTC))
                    except InvalidInput as refusal:
                        refused += 1
                        self.stderr.write(f"line {line}: {refusal.field}: {refusal.message}")
        except OSError as error:
            raise CommandError(f"{error.filename}: {error.strerror}") from None
        except UnicodeDecodeError:
            raise CommandError(f"{path} is not UTF-8.") from None
        except csv.Error as error:
            raise CommandError(f"{path} is not CSV: {error}.") from None
        return weeks, refused


def _add_synthetic(parser: CommandParser) -> None:
    weeks = parser.add_argument_group("synthetic weeks")
    weeks.add_argument("--clients", type=_whole(2, 1000), default=24)
    weeks.add_argument(
        "--slots", type=_numbers(1, 1000), default=[1], metavar="N,N,…",
        help="of the first client, the second, …; begins anew when it ends (default: 1)",
    )  # fmt: skip
    weeks.add_argument("--weeks", type=_whole(3, 520), default=12)
    weeks.add_argument("--seeds", type=_whole(1, 10_000), default=20)
    weeks.add_argument("--first-seed", type=_whole(0, 10**9), default=0)
    weeks.add_argument(
        "--load", type=_number(1, 1000), default=70,
        help="percent of the engineers' time if nobody exceeds their share (default: 70)",
    )  # fmt: skip
    weeks.add_argument(
        "--factors", type=_numbers(1, 1000), default=[1, 10, 20], metavar="N,N,…",
        help="times its share the first client sends (default: 1,10,20)",
    )  # fmt: skip
    weeks.add_argument(
        "--believed", type=_number(0, 100), default=0,
        help="percent of the first client's tickets that triage lets pass as P1 (default: 0)",
    )  # fmt: skip
    weeks.add_argument(
        "--processes", type=_whole(1, 256), default=None, help="default: one for each core"
    )
    weeks.add_argument(
        "--check", action="store_true", help="exit with 1 if the promised bounds do not hold"
    )


def _add_past(parser: CommandParser) -> None:
    past = parser.add_argument_group("past tickets")
    past.add_argument(
        "--csv", type=Path, metavar="FILE",
        help=f"columns {', '.join(NEEDED)}; if you like {' and '.join(OPTIONAL)}",
    )  # fmt: skip
    past.add_argument(
        "--zone", type=_zone, help="of office hours, nine to five, and of times without one"
    )
    past.add_argument(
        "--house-calendar",
        action="store_true",
        help="the house's own hours (asks the database)",
    )


def _many(count: int, what: str) -> str:
    return f"{count:,} {what}{pluralize(count)}"


def _rows(source: Any) -> Iterator[tuple[int, dict[str, str | None] | InvalidInput]]:
    """Give the rows, each with the line it starts on, by the names of the first one."""
    head = source.readline()
    separator = max(",;\t", key=head.count)
    names = [name.strip().lower() for name in next(csv.reader([head], delimiter=separator), [])]
    if missing := [name for name in NEEDED if name not in names]:
        raise CommandError(f"The first line must name the columns; there is no {missing[0]}.")
    rows = csv.reader(source, delimiter=separator)
    line = 2
    for values in rows:
        if len(values) > len(names):
            yield line, InvalidInput("There are more columns than in the first line.", field="row")
        elif values:
            yield line, dict(zip(names, values, strict=False))
        line = 2 + rows.line_num


def _calendar(options: dict[str, Any]) -> Calendar | None:
    if options["house_calendar"]:
        return house_calendar()
    return nine_to_five(str(options["zone"])) if options["zone"] else None


def _number(least: float, most: float) -> Callable[[str], float]:
    def read(text: str) -> float:
        try:
            found = float(text)
        except ValueError:
            found = least - 1
        if not least <= found <= most:
            raise ArgumentTypeError(f"a number from {least:g} to {most:g} is needed, not {text!r}")
        return found

    return read


def _whole(least: int, most: int) -> Callable[[str], int]:
    def read(text: str) -> int:
        found = _number(least, most)(text)
        if found != int(found):
            raise ArgumentTypeError(f"a whole number is needed, not {text!r}")
        return int(found)

    return read


def _numbers(least: int, most: int) -> Callable[[str], list[int]]:
    def read(text: str) -> list[int]:
        return [_whole(least, most)(each) for each in text.split(",")]

    return read


def _targets(text: str) -> dict[Priority, int]:
    found = _numbers(1, 480 * 250)(text)
    if len(found) != len(Priority):
        raise ArgumentTypeError("four numbers are needed, of P1 to P4")
    return dict(zip(Priority, found, strict=True))


def _zone(text: str) -> ZoneInfo:
    try:
        return ZoneInfo(text)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ArgumentTypeError(f"there is no time zone {text!r}") from None
