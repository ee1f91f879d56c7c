"""Is a task about what happened? An offer must name things of the context, not of the prompt's examples. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import NamedTuple

from assistant.prompt import EXAMPLES
from models.signals import quoted, topic_words

# An offer may add words of its own, but half of what it names must have been seen.
MIN_SHARE = 0.5


class Grounding(NamedTuple):
    """``share``: part of the task's topic words found in the context; ``copied``: words found in examples only."""

    share: float
    copied: frozenset[str]
    words: frozenset[str]
    topics: frozenset[str]
    """What of ``words`` is more than the name of a program or site, and more than what every window has."""

    @property
    def reason(self) -> str:
        """Why the task is not to be offered, '' = it may."""
        if not self.words:
            return "the task names nothing"
        if not self.topics:
            return "the task names only a program"
        if self.copied and len(self.copied) >= self.share * len(self.words):
            return "the task copies an example"
        if self.share < MIN_SHARE:
            return "the task is not about what happened"
        return ""


def ground(task: str, lines: Sequence[str]) -> Grounding:
    """Compare the task's topic words with those of the context's lines."""
    words = topic_words(task)
    seen = frozenset[str]().union(*(topic_words(line) for line in lines)) if lines else frozenset[str]()
    found = {word for word in words if _in(word, seen)}
    copied = frozenset(word for word in words - found if word in _example_words())
    topics = words - _places(lines) - _OF_ANY_WINDOW
    return Grounding(len(found) / len(words) if words else 0.0, copied, words, topics)


def _places(lines: Sequence[str]) -> frozenset[str]:
    """Words that the narrator says of programs and sites, and that nobody wrote: outside of every quote."""
    said = [(line, quoted(line)) for line in lines]
    inside = frozenset[str]().union(*(topic_words(" ".join(quotes)) for _, quotes in said))
    outside = frozenset[str]().union(*(topic_words(_without(line, quotes)) for line, quotes in said if quotes))
    return outside - inside


def _without(line: str, quotes: Sequence[str]) -> str:
    for quote in quotes:
        line = line.replace(f"'{quote}'", " ")
    return line


# "Draft the Bing search query", "Summarize the text": words that fit whatever is on the screen.
_OF_ANY_WINDOW = topic_words("query queries command text content document application program screen summary")


def _in(word: str, seen: frozenset[str]) -> bool:
    """The word itself, or one that begins alike (``capitalize`` and ``capitalization``)."""
    return word in seen or (len(word) >= _ALIKE and any(other[:_ALIKE] == word[:_ALIKE] for other in seen))


# Five letters in common tell words of one family in English and its neighbours.
_ALIKE = 5


@cache
def _example_words() -> frozenset[str]:
    texts = [f"{' '.join(lines)} {task.task} {task.response}" for lines, task in EXAMPLES]
    return frozenset[str]().union(*map(topic_words, texts))
