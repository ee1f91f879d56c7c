"""How a task, its response and its operation begin, by rule: for the untuned base only.

It cannot choose the verb, but goes on well from one (measured on 21 contexts of ours: docs/lab-log.md,
2026-11-22). A model with an adapter chooses its own words. Pure.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from assistant.events import Event
from assistant.ports import Context
from models.signals import is_error, quoted, topic_words

# Older events are no longer what the user is at.
LOOK_BACK = 3
_COMPARE = re.compile(r"\b(?:vs\.?|versus|compared? (?:to|with)|or|oder|difference between)\b", re.IGNORECASE)
_HOW = re.compile(r"\b(?:how (?:to|do|can)|wie|comment|cómo)\b", re.IGNORECASE)
_WHY = re.compile(r"\bwhy\b|\bwarum\b", re.IGNORECASE)
_CODE = re.compile(
    r"\b(?:python|ruby|rust|sql|javascript|typescript|java|golang|css|html|bash|regex|pandas|numpy|react|excel|latex|git)\b",
    re.IGNORECASE,
)
_MAIL = re.compile(r"compose|e-?mail|thunderbird|outlook|gmail|verfassen|new message|nouveau message", re.IGNORECASE)
_LETTER = re.compile(r"\b(?:dear|sehr geehrte|hi|hello|hallo|liebe[r]?|bonjour)\b", re.IGNORECASE)
_WRITING = re.compile(r"writer|word|mousepad|gedit|notes?|\.odt|\.docx?|\.md|\.txt", re.IGNORECASE)
_REVIEW = re.compile(r"\b(?:review|test|price|specs?)\b", re.IGNORECASE)

# A page about an error is mostly read after a search, which says better what is wanted.
_BROWSER = re.compile(r"firefox|chrom(?:e|ium)\b|\bedge\b|safari|\bopera\b|\bbrave\b|browser", re.IGNORECASE)

_OPERATIONS = {"Draft": "draft_text", "Find": "search_web"}

# Verbs of which our corpus has one operation (docs/lab-log.md, 2026-11-28); "Write" and "Find" have several.
_VERBS = dict.fromkeys(("draft", "rewrite", "reword", "continue"), "draft_text")
_VERBS |= dict.fromkeys(("explain", "compare", "summarise", "summarize", "check", "calculate", "count"), "show_text")
_VERBS |= {"search": "search_web"}


def opening_for(context: Context) -> str:
    """The first words of the task, without a blank at the end; '' = the model finds its own."""
    for event in reversed(context.events[-LOOK_BACK:]):
        if words := _of_event(event):
            return words
    reviews = [event for event in context.events[-LOOK_BACK:] if _REVIEW.search(event.title or event.sentence)]
    return "Compare the" if len({event.sentence for event in reviews}) > 1 else ""


def rule_opening(context: Context, attribute: str, values: Mapping[str, str]) -> str:
    """What the value of ``attribute`` begins with, given the ``values`` before it; of the operation: all of it."""
    if attribute == "task":
        return opening_for(context)
    task = values["task"].rstrip(".")
    if attribute == "response":
        return _of_response(task)
    if attribute == "operation":
        return _OPERATIONS.get(task.partition(" ")[0], "show_text")
    return ""


def operation_for(task: str) -> str:
    """The only operation that fits the task's verb; '' = several may."""
    return _VERBS.get(task.partition(" ")[0].casefold(), "")


def verb_opening(attribute: str, values: Mapping[str, str]) -> str:
    """For a trained model: every word is its own, but the operation fits the verb."""
    return operation_for(values["task"]) if attribute == "operation" else ""


def _of_response(task: str) -> str:
    """Without these words the untuned base repeats the purpose as the response."""
    verb, _, rest = task.partition(" ")
    if task.startswith("Show how to "):
        return f"To {task.removeprefix('Show how to ')},"
    if verb == "Find":
        return f"Search for: {rest.removeprefix('the ')}"
    if verb == "Draft":
        return "Dear"
    if verb == "Suggest":
        return "For example:"
    if named := quoted(task):
        return f"'{named[0]}' means that"
    return ""


def _of_event(event: Event) -> str:
    said = " ".join(quoted(event.sentence)) or event.sentence
    if event.type == "search":
        return _of_search(said)
    if event.type in {"title", "switch"} and is_error(said) and not _BROWSER.search(f"{event.app} {event.sentence}"):
        return "Explain the error '"
    if event.type == "typing":
        return _of_typing(event, said)
    return ""


def _of_search(query: str) -> str:
    if _COMPARE.search(query):
        return "Compare"
    if is_error(query):
        return "Show how to fix '"
    if _WHY.search(query):
        return "Explain why"
    if _HOW.search(query) or _CODE.search(query):
        return "Show how to"
    return "Find"


def _of_typing(event: Event, text: str) -> str:
    where = f"{event.app} {event.title} {event.sentence}"
    if _MAIL.search(where):
        return "Draft the e-mail"
    if _LETTER.search(text):
        return "Draft the letter"
    if _WRITING.search(where) and len(topic_words(text)) > 1:
        return "Suggest"
    return ""
