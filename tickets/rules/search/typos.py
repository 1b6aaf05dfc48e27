"""What a word may have been meant to be."""

import re
from collections.abc import Iterable

SHORTEST = 4


def closest(word: str, known: Iterable[tuple[str, int]], most: int = 3) -> list[str]:
    """Give the known words a slip or two away from a word, the nearest and most used first.

    A slip is a letter too many, too few, another, or two swapped (optimal string alignment
    distance); a word of less than eight letters has one at most. ``known`` has each word with the
    number of documents it stands in.
    """
    bound = 1 if len(word) < 8 else 2
    near = [
        (slips, -count, other)
        for other, count in known
        if other != word and (slips := _slips(word, other, bound)) <= bound
    ]
    return [other for _, _, other in sorted(near)[:most]]


def respelled(text: str, word: str, usual: str) -> str:
    """Give a query with a word of it, in whatever case, written in another way."""
    return re.sub(rf"(?<!\w){re.escape(word)}(?!\w)", lambda _: usual, text, flags=re.IGNORECASE)


def _slips(one: str, other: str, bound: int) -> int:
    if abs(len(one) - len(other)) > bound:
        return bound + 1
    before: list[int] = []
    last = list(range(len(other) + 1))
    for i, sign in enumerate(one, 1):
        here = [i]
        for j, against in enumerate(other, 1):
            cost = min(last[j] + 1, here[j - 1] + 1, last[j - 1] + (sign != against))
            if i > 1 and j > 1 and sign == other[j - 2] and one[i - 2] == against:
                cost = min(cost, before[j - 2] + 1)
            here.append(cost)
        before, last = last, here
    return last[-1]
