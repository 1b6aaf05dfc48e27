"""How long it takes to tell whether one more promise can be kept."""

from statistics import median

from benchmarks import service
from benchmarks.bare import bare_ms, bare_view
from benchmarks.results import Figure, paired

PROMISES, TURNS, TIMES = 2_000, 7, 25
SET = {"client_count": 100, "open_count": 5_000, "done_count": 0, "engineer_count": 40}


def measure() -> dict[str, Figure]:
    """Ask seven times 25 times, with 2,000 promises, 40 engineers and 5,000 open tickets.

    The floor is one request to the bare view, in turns with it.

    From the rows on: what is promised, who works when, what they have in hand, and the simulation.
    """
    with service.database_server() as server:
        url = service.filled(server, "bench_promises", "crowd", SET, size=SET["open_count"])
        service.prepare(url, "promises", count=PROMISES)
        turns, floors = [], []
        with bare_view(url) as port:
            for _ in range(TURNS):
                floors.append(bare_ms(port))
                turns.append(service.prepare(url, "feasibility", times=TIMES))
    assert all(turn["promises"] == PROMISES for turn in turns)
    took = [median(turn["ms"]) for turn in turns]
    alone = median(median(turn["simulation"]) for turn in turns)
    print(f"{median(took):.1f} ms, of which the simulation takes {alone:.1f} ms")
    return {"promise_ms": paired(took, floors, "ms")}
