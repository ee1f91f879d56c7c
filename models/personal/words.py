"""Facts about a moment and a task that carry over from a few labels to other moments, and how each is said. Pure.

Named like ``app=Firefox``; the part before ``=`` is the group, which has a prior width (:data:`WIDTHS`).
"""

from __future__ import annotations

import math
import re
import zlib
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from functools import lru_cache

from assistant.events import Event
from assistant.ports import Context
from models.bench.features import topics
from models.signals import is_error, is_question, overlap, quoted

Facts = dict[str, float]

# How far one fact may be expected to move the log-odds (standard deviation of its prior), before the common factor
# models.personal.mixture.Tuning.scale. What people name when they state a taste is wide; single words, of which few
# come again, and combinations, which the single facts mostly explain, are narrow. Chosen on the development split.
WIDTHS = {
    "always": 1.0, "type": 1.2, "app": 0.7, "domain": 0.9, "work": 1.3, "hour": 1.1, "week": 0.3, "trigger": 0.1,
    "error": 1.3, "question": 0.6, "searched": 1.0, "repeat": 0.9, "language": 1.1, "since": 0.2, "answered": 0.2,
    "work+type": 0.3, "hour+type": 0.2, "work+hour": 0.3, "word": 0.25, "like_no": 0.9, "like_yes": 0.9,
    "verb": 0.9, "length": 0.9, "task_word": 0.5, "fits": 0.6, "task_language": 0.8,
}  # fmt: skip
# Words share this many weights: few labels can tell no more apart.
BUCKETS = 64
RECENT, SESSION = 3, 12
SAME_TOPIC = 0.34
HOUR_S = 3_600.0

_DOMAINS = {
    "coding": (
        r"visual studio|code\b|vscodium|pycharm|intellij|\bvim\b|neovim|emacs|eclipse|xcode|android studio|godot|"
        r"unity\b|rstudio|jupyter|arduino|\bide\b|sublime|helix|stack overflow|github|gitlab"
    ),
    "system": r"terminal|konsole|alacritty|kitty|xterm|powershell|putty|\bssh\b|terminator|tilix",
    "mail": r"thunderbird|outlook|gmail|evolution|\bmail\b|inbox",
    "sheet": r"calc\b|excel|gnumeric|sheets|spreadsheet|\bcsv\b|dbeaver|qgis",
    "writing": (
        r"writer|\bword\b|texstudio|overleaf|obsidian|mousepad|gedit|kate\b|notes?\b|docs\b|typora|\.docx?|\.odt"
    ),
    "design": r"gimp|inkscape|blender|figma|krita|freecad|kicad|kdenlive|audacity|ardour|musescore|darktable|canva",
    "social": r"whatsapp|telegram|signal|discord|slack|teams|zoom|facebook|instagram|reddit|mastodon|viber",
    "media": r"youtube|netflix|twitch|vlc|mpv|spotify|music|rhythmbox|podcast|\bgame|minecraft|steam",
}
_DOMAIN = tuple((name, re.compile(pattern, re.IGNORECASE)) for name, pattern in _DOMAINS.items())
_BROWSER = re.compile(r"firefox|chrom|edge|safari|opera|brave|vivaldi|browser", re.IGNORECASE)
_LETTERS = re.compile(r"[^\W\d_]+")
# Function words of languages other than English that are no English words.
_FOREIGN = frozenset(
    (  # noqa: SIM905 - words read better as a sentence
        "der das und oder mit nicht ist für auf ein eine les des une est pour dans avec sur que qui por para con los "
        "las una del como het een voor niet naar och att som för med det della che il non di na nie się jak dla "
        "não uma em ve bir için och är ja"
    ).split()
)
_FOREIGN_WORDS = 2


def bucket(word: str) -> int:
    """The weight that a word shares with others."""
    return zlib.crc32(word.encode()) % BUCKETS


def words_of(prefix: str, words: Iterable[str]) -> Facts:
    """Words as buckets, together of length 1."""
    found = {f"{prefix}={bucket(word)}" for word in words}
    return dict.fromkeys(sorted(found), 1.0 / math.sqrt(len(found))) if found else {}


def domain(event: Event) -> str:
    """The kind of work that one event belongs to: by application, then by what the sentence names."""
    return _domain(event.app, event.sentence)


@lru_cache(maxsize=4_096)  # an event is in forty contexts
def _domain(app: str, sentence: str) -> str:
    for text in (app, sentence):
        for name, pattern in _DOMAIN:
            if text and pattern.search(text):
                return name
    return "web" if _BROWSER.search(app) else "other"


def work(events: Sequence[Event]) -> str:
    """What the last stretch was mostly about; the web and what is not known only count where nothing else is."""
    counts: dict[str, float] = {}
    for distance, event in enumerate(reversed(events[-SESSION:])):
        name = domain(event)
        counts[name] = counts.get(name, 0.0) + (0.05 if name in {"web", "other"} else 1.0) / (1 + distance / SESSION)
    return max(sorted(counts), key=lambda name: counts[name]) if counts else "other"


def language(texts: Iterable[str]) -> str:
    """``english`` or ``other``, by letters that English lacks and by function words."""
    return "other" if sum(map(_strange, texts)) >= _FOREIGN_WORDS else "english"


@lru_cache(maxsize=4_096)
def _strange(text: str) -> int:
    words = [word.lower() for word in _LETTERS.findall(text)]
    return sum(not word.isascii() or word in _FOREIGN for word in words)


def part_of_day(moment: float, offset_min: int) -> str:
    """Local: night until 6, morning until 12, afternoon until 17, evening until 22."""
    hour = (datetime.fromtimestamp(moment, UTC) + timedelta(minutes=offset_min)).hour
    edges = ((6, "night"), (12, "morning"), (17, "afternoon"), (22, "evening"))
    return next((name for edge, name in edges if hour < edge), "night")


_error = lru_cache(maxsize=4_096)(is_error)


def _week(moment: float, offset_min: int) -> str:
    day = (datetime.fromtimestamp(moment, UTC) + timedelta(minutes=offset_min)).weekday()
    return "weekend" if day > 4 else "workday"  # noqa: PLR2004 - Monday is 0


def offer_facts(context: Context) -> Facts:
    """How long ago the last offer was, and what became of it."""
    if not context.offers:
        return {}
    last = context.offers[-1]
    minutes = (context.now - last.time) / 60
    since = "minutes" if minutes < 10 else "half an hour" if minutes < 30 else "long"  # noqa: PLR2004 - said beside
    return {f"since={since}": 1.0, f"answered={last.outcome or 'not yet'}": 1.0}


def moment_facts(context: Context) -> Facts:
    """What is known before there is a task. The context has at least one event."""
    return event_facts(context) | offer_facts(context)


def event_facts(context: Context) -> Facts:
    """What the events say, and the hour."""
    events, last = context.events, context.events[-1]
    recent = events[-RECENT:]
    type_, busy = last.type, work(events)
    hour = part_of_day(context.now, last.utc_offset_min)
    asked = " ".join(quoted(last.sentence)) or last.sentence
    mine = topics(last.sentence)
    again = max((overlap(mine, topics(event.sentence)) for event in events[-SESSION:-1]), default=0.0)
    facts = {
        "always=": 1.0,
        f"type={type_}": 1.0,
        f"app={last.app or 'none'}": 1.0,
        f"domain={domain(last)}": 1.0,
        f"work={busy}": 1.0,
        f"hour={hour}": 1.0,
        f"week={_week(context.now, last.utc_offset_min)}": 1.0,
        f"trigger={context.trigger}": 1.0,
        f"error={'yes' if any(_error(event.sentence) for event in recent) else 'no'}": 1.0,
        f"question={'yes' if is_question(asked) else 'no'}": 1.0,
        f"searched={'yes' if any(event.type == 'search' for event in recent) else 'no'}": 1.0,
        f"repeat={'yes' if again >= SAME_TOPIC else 'no'}": 1.0,
        f"language={language(text for event in events[-2 * RECENT :] for text in quoted(event.sentence))}": 1.0,
        f"work+type={busy} {type_}": 1.0,
        f"hour+type={hour} {type_}": 1.0,
        f"work+hour={busy} {hour}": 1.0,
    }
    return facts | words_of("word", mine)


# Up to so many words a task is short (the corpus: a third are).
_SHORT, _LONG = 7, 11


def task_facts(context: Context, task: str) -> Facts:
    """What is known of the task."""
    words, named = task.split(), topics(task)
    size = "short" if len(words) <= _SHORT else "long" if len(words) > _LONG else "middling"
    seen = frozenset[str]().union(*(topics(event.sentence) for event in context.events[-RECENT:]))
    fits = len(named & seen) / max(1, len(named))
    facts = {
        f"verb={words[0].lower().strip('.,:') if words else ''}": 1.0,
        f"length={size}": 1.0,
        f"task_language={language([task])}": 1.0,
        "fits=": fits,
    }
    return facts | words_of("task_word", named)


_SAID = {
    "app": "in {}", "domain": "at {} work", "work": "during {} work", "hour": "in the {}", "type": "at {} events",
    "week": "on a {}", "error": "with an error: {}", "question": "with a question: {}",
    "searched": "after a search: {}",
    "repeat": "on a repeated topic: {}", "language": "in {} text", "since": "{} after the last offer",
    "answered": "after one that was {}", "work+type": "at {} events", "hour+type": "at {} events",
    "work+hour": "at {}", "verb": "that begin with “{}”", "length": "with a {} task", "trigger": "at {}",
    "task_language": "written in {} words", "like_no": "like those that you declined", "fits": "that fit",
    "like_yes": "like those that you accepted", "word": "on words like these", "task_word": "on words like these",
}  # fmt: skip


def said(fact: str) -> str:
    """``app=Firefox`` → ``in Firefox``."""
    group, _, value = fact.partition("=")
    return _SAID.get(group, group).format(value)
