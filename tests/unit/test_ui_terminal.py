from __future__ import annotations

import io
import queue

import pytest

from assistant.bench.ui_child import offer
from assistant.events import Event, OutcomeKind
from ui.terminal import TerminalNotifier, clean

EVENTS = [Event(id=1, time=3_600.0, sentence="The user types 'x'.", type="typing", source="keyboard")]


def ask(clock, lines: str, *, interactive: bool | None = True, task: str = "Do it") -> tuple[queue.Queue, str]:
    outcomes: queue.Queue = queue.Queue()
    out = io.StringIO()
    notifier = TerminalNotifier(clock, source=io.StringIO(lines), out=out, interactive=interactive)
    notifier.show(offer(1, task, "Because", "Line 1\nLine 2"), EVENTS, outcomes.put)
    assert notifier.wait(3)
    return outcomes, out.getvalue()


@pytest.mark.parametrize(
    ("lines", "kind", "reason"),
    [
        ("a\n", OutcomeKind.ACCEPTED, ""),
        ("Y\n", OutcomeKind.ACCEPTED, ""),
        ("later\n", OutcomeKind.SNOOZED, ""),
        ("n\n", OutcomeKind.REJECTED, ""),
        ("n bad moment\n", OutcomeKind.REJECTED, "bad moment"),
        ("?\n\nn\n", OutcomeKind.REJECTED, ""),
    ],
)
def test_letters(clock, lines, kind, reason):
    outcomes, _ = ask(clock, lines)
    outcome = outcomes.get(timeout=3)
    assert (outcome.kind, outcome.reason) == (kind, reason)


def test_why_lists_the_events_and_asks_on(clock):
    outcomes, printed = ask(clock, "w\nn\n")
    assert "01:00  The user types 'x'." in printed
    assert outcomes.get(timeout=3).kind is OutcomeKind.REJECTED


def test_accepting_prints_the_response(clock):
    _, printed = ask(clock, "a\n")
    assert "│ Line 1\n" in printed
    assert "│ Line 2\n" in printed


def test_without_a_person_it_prints_and_is_unseen(clock):
    outcomes, printed = ask(clock, "a\n", interactive=None)
    outcome = outcomes.get(timeout=3)
    assert (outcome.kind, outcome.reason) == (OutcomeKind.UNSEEN, "nobody at the terminal")
    assert "Do it" in printed
    assert "[a]ccept" not in printed


def test_captured_text_cannot_steer_the_terminal(clock):
    _, printed = ask(clock, "a\n", task="\x1b[2J\x07wipe\r\u202e")
    assert not any(char in printed for char in "\x1b\x07\r\u202e")
    assert clean("a\nb\tc") == "a\nb\N{REPLACEMENT CHARACTER}c"
