"""How far annotators agree: percent by pairs, and Krippendorff's alpha for nominal data. Pure.

An item is whatever was judged (a task at a point, or staying silent there), given as ``{annotator: value}``.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Hashable, Iterable, Mapping
from itertools import combinations, permutations
from typing import Final

from assistant.events import Frozen

_TWO: Final = 2


class Pair(Frozen):
    """Two annotators: how many items both judged, and how many of them alike."""

    first: str
    second: str
    items: int
    agreed: int

    @property
    def percent(self) -> float:
        return 100.0 * self.agreed / self.items


def pairs(items: Iterable[Mapping[str, Hashable]]) -> list[Pair]:
    """Every two annotators that judged at least one item in common, by name."""
    together: Counter[tuple[str, str]] = Counter()
    alike: Counter[tuple[str, str]] = Counter()
    for item in items:
        for first, second in combinations(sorted(item), 2):
            together[first, second] += 1
            alike[first, second] += item[first] == item[second]
    return [Pair(first=a, second=b, items=count, agreed=alike[a, b]) for (a, b), count in sorted(together.items())]


def percent(items: Iterable[Mapping[str, Hashable]]) -> float | None:
    """Share of equal judgements among all pairs of judgements of the same item, in percent; None without a pair."""
    found = pairs(items)
    total = sum(pair.items for pair in found)
    return 100.0 * sum(pair.agreed for pair in found) / total if total else None


def alpha(items: Iterable[Mapping[str, Hashable]]) -> float | None:
    """Krippendorff's alpha, nominal: 1 = all agree, 0 = as by chance; annotators may leave items out.

    From the coincidence matrix (Krippendorff, Content Analysis, chapter on reliability): the pairs of values within
    an item of m judgements count 1 / (m - 1) each. None when nothing was judged twice, or all values are the same:
    without variation there is no chance agreement to compare with.
    """
    coincidences: defaultdict[tuple[Hashable, Hashable], float] = defaultdict(float)
    for item in items:
        values = list(item.values())
        if len(values) < _TWO:
            continue
        for one, other in permutations(range(len(values)), 2):
            coincidences[values[one], values[other]] += 1 / (len(values) - 1)
    totals: defaultdict[Hashable, float] = defaultdict(float)
    for (value, _), weight in coincidences.items():
        totals[value] += weight
    n = sum(totals.values())
    by_chance = sum(totals[one] * totals[other] for one, other in permutations(totals, 2))
    if not by_chance:
        return None
    disagreed = sum(weight for (one, other), weight in coincidences.items() if one != other)
    return 1 - (n - 1) * disagreed / by_chance
