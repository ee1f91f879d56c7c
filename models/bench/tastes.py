"""Simulated users of T6, each with a taste that is stated in words and decided by rule. Pure.

A user wants help at a moment where the corpus marks help as right **and** the taste agrees. Exceptions say so.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

from assistant.ports import Context


class Scenario(NamedTuple):
    """What a taste may look at: the moment as its author marked it, at the time of this user's day."""

    key: str
    category: str
    language: str
    type: str
    app: str
    hour: int
    error: bool
    """One of the last three events speaks of an error."""
    again: bool
    """The topic of this help came up earlier in the scene, in help that was right there."""
    near: bool
    """Help is right at the event before or after."""
    right: bool
    """Help is right here, by the corpus."""
    tasks: tuple[str, ...]
    context: Context


Taste = Callable[[Scenario], bool]

CODING = frozenset({"coding", "sysadmin", "data"})
WRITING = frozenset({"writing", "email", "jobs"})
LEISURE = frozenset({"shopping", "travel", "gaming", "watching", "social", "music", "home", "daily", "health"})
NOON, EVENING = 12, 17
# A task of up to so many words is short: about half of the corpus' are.
SHORT_WORDS = 9
_BROWSERS = ("Firefox", "Chrom", "Edge", "Brave", "Vivaldi", "Safari", "Opera")


def _coding(at: Scenario) -> bool:
    return at.right and at.category not in WRITING


def _writing(at: Scenario) -> bool:
    return at.right and at.category not in CODING


def _only_coding(at: Scenario) -> bool:
    return at.right and at.category in CODING


def _morning(at: Scenario) -> bool:
    return at.right and at.hour < NOON


def _evening(at: Scenario) -> bool:
    return at.right and at.hour >= EVENING


def _errors(at: Scenario) -> bool:
    return at.right and at.error


def _searches(at: Scenario) -> bool:
    return at.right and at.type == "search"


def _typing(at: Scenario) -> bool:
    return at.right and at.type == "typing"


def _not_typing(at: Scenario) -> bool:
    return at.right and at.type != "typing"


def _browser(at: Scenario) -> bool:
    return at.right and any(name in at.app for name in _BROWSERS)


def _no_browser(at: Scenario) -> bool:
    return at.right and not any(name in at.app for name in _BROWSERS)


def _firefox(at: Scenario) -> bool:
    return at.right and "Firefox" in at.app


def _no_leisure(at: Scenario) -> bool:
    return at.right and at.category not in LEISURE


def _one_in_three(at: Scenario) -> bool:
    return at.right and zlib.crc32(at.key.encode()) % 3 == 0


def _plain(at: Scenario) -> bool:
    return at.right


@dataclass(frozen=True)
class User:
    """``noise``: share of answers that are the opposite of what the user wants. ``silent``: share of popups that
    run out. ``presses``: share of missed wishes that the user says (hotkey). ``later``: the taste from the half on.
    """

    name: str
    says: str
    taste: Taste
    noise: float = 0.05
    silent: float = 0.1
    presses: float = 0.0
    later: Taste | None = None
    random: float | None = None
    """Answers yes this often, whatever it is; the taste is only the truth that it is scored by."""

    @property
    def has_taste(self) -> bool:
        """Counts in the mean of the targets: answers, not at random, and differs from the corpus' marks."""
        return self.random is None and self.silent < 1.0 and self.taste is not _plain


USERS = (
    User("no writing help", "likes help with code and the rest, none with texts and mails", _coding),
    User("no coding help", "likes help with texts and the rest, none with code, systems, data", _writing),
    User("only coding", "wants help with code, systems, data only", _only_coding, presses=0.05),
    User("mornings", "before noon only", _morning),
    User("evenings", "from 17:00 on only", _evening),
    User("no repeats", "no second offer on a topic within one stretch of work", lambda at: at.right and not at.again),
    User("only errors", "only after an error on the screen", _errors, presses=0.05),
    User("only searches", "only right after a search", _searches),
    User("only typing", "only with what is being written", _typing, presses=0.05),
    User("not while typing", "never with what is being written", _not_typing),
    User("only browser", "in browsers only", _browser),
    User("no browser", "everywhere but in browsers", _no_browser),
    User("only Firefox", "in Firefox only", _firefox),
    User("English only", "only while the work is in English", lambda at: at.right and at.language.startswith("en")),
    User("other languages", "only while the work is not in English", lambda at: at.right and at.language[:2] != "en"),
    User("short tasks", "only tasks of up to nine words",
         lambda at: at.right and min(len(task.split()) for task in at.tasks) <= SHORT_WORDS),
    User("no leisure", "not in free time: shopping, travel, games, films, chats, home", _no_leisure),
    User("reluctant", "one in three good offers, no pattern", _one_in_three),
    User("eager", "also at the events beside those where help is right", lambda at: at.right or at.near, presses=0.1),
    User("code in the morning", "with code, systems, data, before noon only",
         lambda at: _only_coding(at) and at.hour < NOON, presses=0.05),
    User("searches and errors, not evenings", "after a search or an error, before 17:00",
         lambda at: (_searches(at) or _errors(at)) and at.hour < EVENING),
    User("careless texts", "no coding help; every fifth answer is a slip", _writing, noise=0.2),
    User("change: code to texts", "only coding, from the half on no coding", _only_coding, later=_writing),
    User("change: morning to evening", "before noon, from the half on from 17:00", _morning, later=_evening),
    User("change: searches to typing", "only after a search, then only while writing", _searches, later=_typing),
    User("change: all to errors", "everything, then only after errors", _plain, later=_errors),
    User("no special taste", "the corpus' marks as they are: what is learned is this corpus, not a taste", _plain),
    User("random", "yes or no by a coin; scored by the corpus' marks", _plain, random=0.5),
    User("random, mostly no", "yes to every fifth, at random; scored by the corpus' marks", _plain, random=0.2),
    User("never answers", "lets every popup run out; scored by the corpus' marks", _plain, silent=1.0),
)  # fmt: skip
