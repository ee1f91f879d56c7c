"""How alike texts are: n-grams, distinct-n, nearest neighbours, boilerplate. Pure."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

_TOKEN = re.compile(r"[぀-ヿ㐀-鿿가-힣]|[^\W_]+")
"""Words; in scripts without blanks (kana, Han) and in Hangul single characters."""

Gram = tuple[str, ...]


class Pair(NamedTuple):
    """Two texts and how alike they are, 0 … 1."""

    share: float
    one: str
    other: str


def tokens(text: str) -> list[str]:
    """Words in lower case, without punctuation."""
    return _TOKEN.findall(text.casefold())


def words(text: str) -> float:
    """How many words a reader would count; two characters are about one where there are no blanks."""
    wide = sum(len(token) == 1 and ord(token) >= 0x3040 for token in tokens(text))  # noqa: PLR2004 - U+3040: kana on
    return wide / 2 + len([part for part in text.split() if not any(ord(char) >= 0x3040 for char in part)])  # noqa: PLR2004 - the same


def grams(text: str, size: int) -> set[Gram]:
    """The different runs of ``size`` words."""
    found = tokens(text)
    return {tuple(found[at : at + size]) for at in range(len(found) - size + 1)}


def distinct(texts: Iterable[str], size: int) -> float:
    """Distinct-n: different n-grams ÷ all n-grams; 1 = none occurs twice. 0 without any."""
    seen: Counter[Gram] = Counter()
    for text in texts:
        found = tokens(text)
        seen.update(tuple(found[at : at + size]) for at in range(len(found) - size + 1))
    return len(seen) / seen.total() if seen else 0.0


def neighbours(sets: Mapping[str, set[Gram]], group: Mapping[str, str] | None = None) -> list[Pair]:
    """Each text's nearest other text by Jaccard overlap of their n-grams, nearest first; 0 is left out.

    :param group: texts of one group are not compared.
    """
    holders: defaultdict[Gram, list[str]] = defaultdict(list)
    for name, grams_ in sets.items():
        for gram in grams_:
            holders[gram].append(name)
    pairs = {}
    for name, grams_ in sets.items():
        shared = Counter(other for gram in grams_ for other in holders[gram] if other != name)
        if group is not None:
            shared = Counter({other: n for other, n in shared.items() if group[other] != group[name]})
        if shared:
            best, share = max(
                ((other, n / (len(grams_) + len(sets[other]) - n)) for other, n in shared.items()),
                key=lambda pair: pair[1],
            )
            pairs[frozenset((name, best))] = Pair(share, *sorted((name, best)))
    return sorted(pairs.values(), reverse=True)


def boilerplate(texts: Sequence[tuple[str, str]], size: int, scenes: int) -> dict[Gram, int]:
    """N-grams that occur in more than ``scenes`` different scenes, with their count of scenes.

    :param texts: (scene, text) pairs.
    """
    holders: defaultdict[Gram, set[str]] = defaultdict(set)
    for scene, text in texts:
        for gram in grams(text, size):
            holders[gram].add(scene)
    return {gram: len(found) for gram, found in holders.items() if len(found) > scenes}
