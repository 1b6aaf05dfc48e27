"""Random shifts, engineers and jobs in small whole numbers, so that an obvious way checks them."""

from hypothesis import strategies as st

from tickets.rules.queue.forward import Job, Worker
from tickets.rules.queue.shifts import Shifts, Span

END = 60


@st.composite
def spans(draw: st.DrawFn, most: int = 8) -> list[Span]:
    """Give spans in order that do not touch."""
    edges = sorted(draw(st.sets(st.integers(0, END), min_size=2, max_size=2 * most)))
    return list(zip(edges[::2], edges[1::2], strict=False))


@st.composite
def jobs(
    draw: st.DrawFn, groups: int = 0, most_due: int = 2 * END, assignees: int = 0
) -> list[Job]:
    """Give jobs in order; some are P1, some assigned to one of the engineers after the first."""
    drawn = draw(
        st.lists(
            st.tuples(
                st.integers(1, most_due),
                st.integers(1, 8),
                st.booleans(),
                st.integers(0, groups),
                st.integers(0, assignees),
            ),
            max_size=9,
        )
    )
    found = [Job(number, *facts) for number, facts in enumerate(drawn)]
    return sorted(found, key=lambda job: job.order)


@st.composite
def workers(draw: st.DrawFn, groups: int = 0, alike: bool = False) -> list[Worker]:
    """Give one to four engineers, limited to groups if there are any."""
    shared = Shifts.of(draw(spans()))
    found = []
    for number in range(draw(st.integers(1, 4))):
        shifts = shared if alike else Shifts.of(draw(spans()))
        limits = st.none() | st.frozensets(st.integers(0, groups))
        mine = draw(limits) if groups else None
        found.append(Worker(number, shifts, draw(st.integers(0, 20)), mine))
    return found


def is_open(shifts: Shifts, unit: int) -> bool:
    """Tell whether a unit of time is open."""
    return any(begin <= unit < end for begin, end in zip(shifts.begins, shifts.ends, strict=True))
