"""Bars drawn by the server: they print, need no script, and stand beside their numbers."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

WIDTH, HEIGHT = 560, 132
_GAP = 2


@dataclass(frozen=True)
class Bar:
    """One bar: where it stands, and the series it belongs to."""

    x: float
    y: float
    width: float
    height: float
    series: int
    label: str


@dataclass(frozen=True)
class Chart:
    """Bars over days, with the days' names and the top of the scale."""

    bars: list[Bar]
    labels: list[tuple[float, str]]
    top: str
    width: int = WIDTH
    height: int = HEIGHT


def day_bars(
    days: Sequence[date],
    series: Sequence[Sequence[float]],
    *,
    names: Sequence[str],
    unit: str = "",
    label: str = "%-d",
) -> Chart:
    """Draw, for each day, one bar of each series side by side, on a scale that starts at zero.

    ``label`` is how a day is written below its bars.
    """
    top = max((value for values in series for value in values), default=0) or 1
    slot = WIDTH / max(1, len(days))
    width = (slot - 3 * _GAP) / len(series)
    bars = [
        Bar(
            x=round(place * slot + _GAP + number * (width + _GAP), 1),
            y=round(HEIGHT - values[place] / top * HEIGHT, 1),
            width=round(width, 1),
            height=round(values[place] / top * HEIGHT, 1),
            series=number,
            label=f"{day:%a %-d %b}: {values[place]:g}{unit} {names[number]}",
        )
        for place, day in enumerate(days)
        for number, values in enumerate(series)
        if values[place]
    ]
    step = 1 if len(days) <= 7 else 2
    labels = [
        (round(place * slot + slot / 2, 1), day.strftime(label))
        for place, day in enumerate(days)
        if place % step == (len(days) - 1) % step
    ]
    return Chart(bars=bars, labels=labels, top=f"{top:g}{unit}")
