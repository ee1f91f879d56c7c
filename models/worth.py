"""Is what the model wrote worth offering? It must ask for something, about something, and answer it. Pure.

Each rule is something silly that was seen in use; of the 1,247 written tasks of our corpus they refuse two
(docs/lab-log.md, 2026-11-28).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from difflib import SequenceMatcher

from assistant.events import Task
from models.grounding import ground
from models.signals import quoted, topic_words

# Letters and digits in one piece that are no coincidence: shorter answers may be facts that stand in an event too.
ECHO = 16
# An answer of which this share stands in one quote of an event brings nothing that is worth the interruption.
ECHO_SHARE = 0.8

# Words that a statement begins with and an instruction does not.
_STATING = frozenset(
    """
    the a an this that these those there i you he she it we they my your his her our their
    le la les un une des ce cet cette ces je tu il elle nous vous
    el los las una unos unas este esta estos estas o os as um uma lo gli
    """.split()  # noqa: SIM905 - a list of 60 quoted words is no easier to read
)
# German ones may, if they end with their verb: "Die Rechnung prüfen".
_GERMAN = frozenset(
    (  # noqa: SIM905 - the same
        "der die das den dem des dies diese dieser diesen diesem dieses ein eine einen einem einer eines "
        "ich du er sie es wir ihr mein meine für mit nach aus bei beim von vom zum zur im über"
    ).split()
)
# "Test how to race how to how to": the same two words at once.
_STUTTER = re.compile(r"\b(\w+\s+\w+)\s+\1\b", re.IGNORECASE)
_VERB_LAST = re.compile(r"(?:en|ern|eln)\W*$")


def unfit(task: str, sentences: Sequence[str]) -> str:
    """Why this task is not to be offered after these events, '' = it may."""
    first = task.partition(" ")[0].casefold()
    if task.endswith("?") or first in _STATING or (first in _GERMAN and not _VERB_LAST.search(task)):
        return "the task asks for nothing"
    if _STUTTER.search(task):
        return "the task says the same words at once again"
    return ground(task, sentences).reason


def says_nothing(task: Task, sentences: Sequence[str]) -> str:
    """Why the answer is not worth accepting ('' = it is): who accepts an offer gets the answer, and no more."""
    letters = _letters(task.response)
    if not letters:
        return "there is no answer to it"
    words = topic_words(task.response)
    if words and words <= topic_words(f"{task.task} {task.purpose} {task.thoughts}") and task.operation != "search_web":
        return "the answer only repeats the task"
    if any(_copied(letters, _letters(quote)) for sentence in sentences for quote in quoted(sentence)):
        return "the answer was on the screen already"
    return ""


def _copied(answer: str, quote: str) -> bool:
    """Nearly all of the answer stands in the quote in one piece."""
    if len(quote) < ECHO or len(answer) > len(quote) / ECHO_SHARE:
        return False
    size = SequenceMatcher(None, answer, quote, autojunk=False).find_longest_match().size
    return size >= max(ECHO, ECHO_SHARE * len(answer))


def _letters(text: str) -> str:
    return "".join(char for char in text.casefold() if char.isalnum())
