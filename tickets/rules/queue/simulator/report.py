"""What the simulator found, as text."""

from collections.abc import Iterable, Sequence

from tickets.rules.queue.simulator.orders import ORDERS, Done
from tickets.rules.queue.simulator.runs import tally_of
from tickets.rules.queue.simulator.seeds import Results

# What the product claims of its own order, at every factor.
LEAST_IN_TIME = 99.5
LEAST_PROMISED = 95.0
MOST_CHANGE = 1.0  # of the promised share, in points, from the first factor on
_OURS = "shipops"


def quiet_table(results: Results, factors: Sequence[float]) -> str:
    """Lay out, for the quiet clients, each order at each factor."""
    lines = [_line("", *(f"{factor:g} ×" for factor in factors))]
    for order, (name, _) in ORDERS.items():
        found = [results[factor, order] for factor in factors]
        lines.append(name)
        shares = [f"{each.quiet.percent_in_time:.2f} %" for each in found]
        lines.append(_line("  done within target", *shares))
        if order == _OURS:
            promised = [f"{each.quiet.percent_promised:.2f} %" for each in found]
            lines.append(_line("  promised", *promised))
            broken = [str(each.everybody.broken) for each in found]
            lines.append(_line("  promises broken (of all clients)", *broken))
    return "\n".join(lines)


def shortfalls(results: Results, factors: Sequence[float]) -> list[str]:
    """Say which of the bounds do not hold."""
    found = []
    first = results[factors[0], _OURS].quiet.percent_promised
    for factor in factors:
        quiet, everybody = results[factor, _OURS].quiet, results[factor, _OURS].everybody
        at = f"at {factor:g} ×"
        if quiet.percent_in_time < LEAST_IN_TIME:
            found.append(f"{at} {quiet.percent_in_time:.2f} % were done within target")
        if quiet.percent_promised < LEAST_PROMISED:
            found.append(f"{at} {quiet.percent_promised:.2f} % were promised")
        if abs(quiet.percent_promised - first) > MOST_CHANGE:
            change = quiet.percent_promised - first
            found.append(f"{at} the promised share changes by {change:+.2f} points")
        if everybody.broken:
            found.append(f"{at} {everybody.broken} promises were broken")
    return found


def past_table(tickets: dict[str, list[Done]], clients: Sequence[str]) -> str:
    """Lay out each order for past tickets, with the client who fares worst."""
    lines = [_line("", "within target", "promised", "broken") + "   worst client"]
    for order, done in tickets.items():
        tally = tally_of(done)
        cells = [f"{tally.percent_in_time:.2f} %", "", ""]
        if order == _OURS:
            cells[1:] = [f"{tally.percent_promised:.2f} %", str(tally.broken)]
        share, worst = min(_by_client(done))
        lines.append(_line(ORDERS[order][0], *cells) + f"   {share:.2f} %, {clients[worst]}")
    return "\n".join(lines)


def _by_client(done: Iterable[Done]) -> Iterable[tuple[float, int]]:
    known: dict[int, list[Done]] = {}
    for each in done:
        known.setdefault(each.arrival.client, []).append(each)
    for client, tickets in known.items():
        yield tally_of(tickets).percent_in_time, client


def _line(name: str, *cells: str) -> str:
    return name.ljust(34) + "".join(cell.rjust(15) for cell in cells)
