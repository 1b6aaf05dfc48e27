"""What the queue's simulator shows at 20 times one client's share."""

from benchmarks.results import Figure
from tickets.rules.queue.simulator import Synthetic
from tickets.rules.queue.simulator.report import quiet_table
from tickets.rules.queue.simulator.seeds import Result, Results, run_all

GROUPS, SEEDS, FACTOR = 5, 4, 20


def measure() -> dict[str, Figure]:
    """Run twenty seeds; the spread is that between five groups of four.

    The floor is first in, first out on the same tickets. It promises nothing, so its targets stand
    for promises: the share it keeps, and how many it breaks.
    """
    groups = [
        run_all(Synthetic(), [FACTOR], range(first, first + SEEDS))
        for first in range(0, GROUPS * SEEDS, SEEDS)
    ]
    total = {key: sum((each[key] for each in groups), Result()) for key in groups[0]}
    print(quiet_table(total, [FACTOR]))
    values = [_of(each) for each in [total, *groups]]
    return {key: _figure([each[key] for each in values]) for key in values[0]}


def _of(results: Results) -> dict[str, tuple[float, float, str]]:
    """Give each figure's value, floor and unit."""
    ours, fifo = results[FACTOR, "shipops"], results[FACTOR, "fifo"]
    kept = fifo.quiet.percent_in_time
    late = fifo.everybody.tickets - fifo.everybody.in_time
    return {
        "quiet_within_target": (
            ours.quiet.percent_in_time,
            kept,
            "% of the quiet clients' tickets",
        ),
        "quiet_promised": (ours.quiet.percent_promised, kept, "% of the quiet clients' tickets"),
        "promises_broken": (ours.everybody.broken, late, "promises"),
    }


def _figure(values: list[tuple[float, float, str]]) -> Figure:
    ratios = [value / floor for value, floor, _ in values]
    value, floor, unit = values[0]
    return Figure(
        value=round(value, 3),
        unit=unit,
        spread=round(max(ratios[1:]) - min(ratios[1:]), 3),
        floor=round(floor, 3),
        ratio=round(ratios[0], 3),
    )
