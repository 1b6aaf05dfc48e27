"""When an engineer works, as spans on one line, and where a piece of work ends on it."""

from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass

Span = tuple[int, int]


@dataclass(frozen=True)
class Shifts:
    """Open spans in order, with the open time before each."""

    begins: list[int]
    ends: list[int]
    before: list[int]

    @classmethod
    def of(cls, spans: Iterable[Span], absences: Iterable[Span] = ()) -> "Shifts":
        """Make shifts of spans in order, less the absences."""
        begins: list[int] = []
        ends: list[int] = []
        before: list[int] = []
        total = 0
        for begin, end in _less(spans, sorted(absences)):
            begins.append(begin)
            ends.append(end)
            before.append(total)
            total += end - begin
        return cls(begins, ends, before)

    def worked(self, at: int) -> int:
        """Give the open time before an instant."""
        place = bisect_right(self.begins, at) - 1
        if place < 0:
            return 0
        return self.before[place] + min(at, self.ends[place]) - self.begins[place]

    def finish(self, start: int, work: int) -> int | None:
        """Give the instant at which work begun at ``start`` is done; None past the known spans."""
        return self.at(self.worked(start) + work)

    def at(self, worked: int) -> int | None:
        """Give the first instant with so much open time before it."""
        if worked <= 0:
            return self.begins[0] if self.begins else None
        place = bisect_right(self.before, worked - 1) - 1
        if place < 0:
            return None
        end = self.begins[place] + worked - self.before[place]
        return end if end <= self.ends[place] else None

    def next_open(self, at: int) -> int | None:
        """Give the first open instant from ``at`` on."""
        place = bisect_right(self.begins, at) - 1
        if place >= 0 and at < self.ends[place]:
            return at
        return self.begins[place + 1] if place + 1 < len(self.begins) else None


def _less(spans: Iterable[Span], absences: list[Span]) -> Iterable[Span]:
    for begin, end in spans:
        for away, back in absences:
            if back <= begin or away >= end:
                continue
            if begin < away:
                yield begin, away
            begin = back
        if begin < end:
            yield begin, end
