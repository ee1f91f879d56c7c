"""The plain gate: is help wanted now? A small additive score of rules that a person can read. Pure, < 1 ms.

The weights are set by hand from reasons, not fitted (issue 3 brings the fitted gate). P(help) is the logistic
function of their sum; docs/lab-log.md has what it scores on the human votes.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from assistant.events import Event, OutcomeKind
from assistant.ports import Context, Verdict
from models.signals import is_error, is_question, overlap, quoted, topic_words

# An unhelpful popup costs more than a missed one (DESIGN.md, rule 3), and offers are rarely wanted.
BIAS = -1.5
# Where help is as likely wanted as not; caution is in BIAS, so that P stays a probability.
THRESHOLD = 0.5
# What the user is at: FINDINGS shows that the last event says most and that more history hurts.
RECENT = 6
# One topic, in other words: 'ruby split string' and 'how to split a string in ruby' share half.
SAME_TOPIC = 0.34
PAGES = 3
PASTES = 2
# A minute without a key after an error: stuck, not away (idle begins at three).
STUCK_S = 60.0
# A rejected topic stays unwanted for an hour.
REJECTED_S = 3_600.0
NEW_TITLE_WORDS = 8

_MOVES = frozenset({"switch", "title", "click", "scroll", "app_start", "app_exit", "hotkey", "keys"})
_AWAY = frozenset({"idle", "lock", "private"})
_EDITOR = re.compile(
    r"visual studio|vs ?code|code\.exe|vscodium|pycharm|intellij|\bvim\b|neovim|emacs|helix|sublime|xcode|mousepad|"
    r"gedit|kate\b|notepad|writer|\bword\b|libreoffice|overleaf|jupyter|rstudio|dbeaver|excel|calc\b",
    re.IGNORECASE,
)
_VIDEO = re.compile(
    r"youtube|netflix|twitch|vimeo|bilibili|\bvlc\b|\bmpv\b|disney\+|prime video|spotify", re.IGNORECASE
)
_SOCIAL = re.compile(
    r"whatsapp|telegram|signal\b|discord|slack|messenger|teams\b|facebook|instagram|twitter|reddit|tiktok|wechat|"
    r"\binbox\b|linkedin feed|hacker news",
    re.IGNORECASE,
)
_GAME = re.compile(r"\bsteam\b|minecraft|solitaire|chess|\bgames?\b|lutris|sudoku", re.IGNORECASE)
_GREETING = re.compile(r"(?:dear|sehr geehrte[r]?|liebe[r]?|estimad[oa]|madame|monsieur)\b", re.IGNORECASE)
_NEW = re.compile(r"untitled|unnamed|unbenannt|new (?:document|file)|sans titre|blank", re.IGNORECASE)


@dataclass(frozen=True)
class Scene:
    """What the rules look at: the last events, oldest first, the last one apart."""

    events: Sequence[Event]
    context: Context

    @property
    def last(self) -> Event:
        return self.events[-1]

    def text(self, event: Event) -> str:
        return f"{event.app} {event.title} {event.sentence}"

    def searches(self) -> list[Event]:
        return [event for event in self.events if event.type == "search"]


def _done(events: Sequence[Event]) -> Sequence[Event]:
    """What the user did. Programs are looked at every few seconds, so their start is told late and says little."""
    return [event for event in events if event.type not in {"app_start", "app_exit"}] or events


def _query(event: Event) -> str:
    return str(event.data.get("query") or "") or " ".join(quoted(event.sentence)[:1]) or event.sentence


def _said(event: Event) -> str:
    """What an event quotes: titles and typed text, without the narrator's own words."""
    return " ".join(quoted(event.sentence)) or event.title


def _asks(scene: Scene) -> bool:
    return scene.last.type == "search" and is_question(_query(scene.last))


def _reads_answer(scene: Scene) -> bool:
    return scene.last.type in {"title", "switch", "click", "scroll"} and any(
        map(is_question, quoted(scene.last.sentence))
    )


def _searches(scene: Scene) -> bool:
    return scene.last.type == "search" and not is_question(_query(scene.last))


def _error_now(scene: Scene) -> bool:
    return is_error(_said(scene.last))


def _error_before(scene: Scene) -> bool:
    return not _error_now(scene) and any(is_error(_said(event)) for event in scene.events[-4:-1])


def _searched_again(scene: Scene) -> bool:
    words = [topic_words(_query(event)) for event in scene.searches()]
    again = (
        any(overlap(words[-1], other) >= SAME_TOPIC and words[-1] != other for other in words[:-1]) if words else False
    )
    return again and scene.last.type in {"search", "title", "switch", "click"}


def _same_topic(scene: Scene) -> bool:
    """The last page's topic is that of two more pages."""
    if scene.last.type not in {"title", "switch", "search", "click"}:
        return False
    pages = {_said(event): topic_words(_said(event)) for event in scene.events if _said(event)}
    last = topic_words(_said(scene.last))
    return bool(last) and sum(overlap(last, words) >= SAME_TOPIC for words in pages.values()) >= PAGES


def _back_from_search(scene: Scene) -> bool:
    back = scene.last.type in {"switch", "typing"} and _EDITOR.search(scene.text(scene.last))
    return bool(back) and any(event.type == "search" for event in scene.events[-5:-1])


def _only_a_title(scene: Scene) -> bool:
    """A new document and one short line in it."""
    if scene.last.type != "typing" or not _EDITOR.search(scene.text(scene.last)):
        return False
    new = any(_NEW.search(scene.text(event)) or event.type == "app_start" for event in scene.events[-4:])
    typed = [event for event in scene.events if event.type == "typing" and event.app == scene.last.app]
    return new and len(typed) == 1 and 1 <= len((quoted(scene.last.sentence) or [""])[0].split()) <= NEW_TITLE_WORDS


def _letter(scene: Scene) -> bool:
    """A greeting at the beginning of what was typed: a letter or e-mail is begun."""
    return scene.last.type == "typing" and any(_GREETING.match(text) for text in quoted(scene.last.sentence)[:1])


def _copy_loop(scene: Scene) -> bool:
    pastes = sum(event.type == "paste" for event in scene.events)
    places = {event.app or event.title for event in scene.events}
    return pastes >= PASTES and len(places) > 1 and scene.last.type in {"paste", "switch"}


def _stuck(scene: Scene) -> bool:
    if len(scene.events) < 2 or not any(is_error(_said(event)) for event in scene.events[-3:]):  # noqa: PLR2004 - a pause lies between two
        return False
    before = scene.events[-2]
    paused = scene.last.time - (before.time + before.duration)
    return max(paused, scene.context.now - scene.last.time - scene.last.duration) >= STUCK_S


def _only_moving(scene: Scene) -> bool:
    return all(event.type in _MOVES for event in scene.events[-4:])


def _scrolling(scene: Scene) -> bool:
    return scene.last.type in {"scroll", "click"}


def _rejected(scene: Scene) -> bool:
    words = frozenset[str]().union(*(topic_words(event.sentence) for event in scene.events[-3:]))
    return any(
        offer.outcome == OutcomeKind.REJECTED
        and scene.context.now - offer.time <= REJECTED_S
        and topic_words(offer.task) & words
        for offer in scene.context.offers
    )


def _matches(pattern: re.Pattern[str]) -> Callable[[Scene], bool]:
    return lambda scene: pattern.search(scene.text(scene.last)) is not None


@dataclass(frozen=True)
class Rule:
    """One reason for or against: its weight in log-odds, when it holds, and how it is said."""

    name: str
    weight: float
    holds: Callable[[Scene], bool]
    says: str


# Alone, a rule of 2 or more speaks; one of 1 needs company. Refusals outweigh any two reasons.
RULES: tuple[Rule, ...] = (
    Rule("asks", 2.4, _asks, "you searched for how to do something"),
    Rule("reads_answer", 1.6, _reads_answer, "you opened a page that answers a question"),
    Rule("searches", 1.6, _searches, "you searched for something"),
    Rule("error_now", 2.2, _error_now, "something on the screen speaks of an error"),
    Rule("error_before", 0.9, _error_before, "there was an error a moment ago"),
    Rule("searched_again", 1.3, _searched_again, "you searched for it again in other words"),
    Rule("same_topic", 1.2, _same_topic, "you looked at several pages on one topic"),
    Rule("back_from_search", 1.6, _back_from_search, "you came back to your work after a search"),
    Rule("only_a_title", 2.1, _only_a_title, "you began a new document"),
    Rule("letter", 1.6, _letter, "you began a letter"),
    Rule("copy_loop", 2.1, _copy_loop, "you copied between two windows again and again"),
    Rule("stuck", 1.0, _stuck, "nothing happened for a while after an error"),
    Rule("only_moving", -1.0, _only_moving, "you only moved between windows"),
    Rule("scrolling", -1.0, _scrolling, "you were reading"),
    Rule("typing", -1.0, lambda scene: scene.last.type == "typing" and not scene.last.closed, "you were typing"),
    Rule("video", -3.0, _matches(_VIDEO), "you were watching or listening"),
    Rule("social", -3.0, _matches(_SOCIAL), "you were reading messages"),
    Rule("game", -3.0, _matches(_GAME), "you were playing"),
    Rule("away", -8.0, lambda scene: scene.last.type in _AWAY, "you were away or in private"),
    Rule("rejected", -3.0, _rejected, "you said no to an offer on this topic"),
)


class RuleGate:
    """:class:`assistant.ports.Gate` by rules. ``features`` of a verdict: what each rule that held added, log-odds."""

    def __init__(self, threshold: float = THRESHOLD) -> None:
        self._threshold = threshold

    @property
    def name(self) -> str:
        return "rules"

    def judge(self, context: Context) -> Verdict:
        """Add up the rules that hold."""
        if not context.events:
            return Verdict(p_help=0.0, threshold=self._threshold, reason="Quiet: nothing happened yet.")
        scene = Scene(_done(context.events)[-RECENT:], context)
        held = [rule for rule in RULES if rule.holds(scene)]
        p_help = 1.0 / (1.0 + math.exp(-(BIAS + sum(rule.weight for rule in held))))
        return Verdict(
            p_help=p_help,
            threshold=self._threshold,
            reason=_reason(held, speak=p_help >= self._threshold),
            features={"bias": BIAS} | {rule.name: rule.weight for rule in held},
        )


def _reason(held: Sequence[Rule], *, speak: bool) -> str:
    """One sentence: the two strongest reasons on the side that won."""
    side = [rule for rule in held if (rule.weight > 0) == speak]
    strongest = sorted(side, key=lambda rule: -abs(rule.weight))[:2]
    said = " and ".join(rule.says for rule in strongest)
    if speak:
        return f"{said[:1].upper()}{said[1:]}."  # what the popup says under the task
    if said:
        return f"Quiet: {said}."
    weak = next((rule.says for rule in held), "")
    return f"Quiet: {weak}, which alone is not enough." if weak else "Quiet: nothing shows that help is wanted."
