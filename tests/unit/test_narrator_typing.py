from __future__ import annotations

import random

import pytest

from assistant.clock import counting_ids
from assistant.events import Click, KeyNamed, KeysCounted, KeyText, Scroll, WindowFocus
from assistant.narrator import Narrator, join_bursts
from assistant.settings import Settings

CARD = "4111 1111 1111 1111"


class Tale:
    """A narrator with the newest state of each event."""

    def __init__(self, **options):
        self.narrator = Narrator(Settings(narration=options).narration, counting_ids(), utc_offset_min=lambda: 120)
        self.told = []

    def feed(self, *observations):
        for obs in observations:
            self.told += self.narrator.tick(obs) if isinstance(obs, float) else self.narrator.feed(obs)
        return self

    def end(self, at=10_000.0):
        self.told += self.narrator.flush(at)
        return self

    @property
    def events(self):
        return list({event.id: event for event in self.told}.values())

    def of(self, *types):
        return [event for event in self.events if event.type in types]

    def sentences(self, *types):
        return [event.sentence for event in (self.of(*types) if types else self.events)]


@pytest.fixture
def tale():
    return Tale().feed(window(0.0))


def window(at, app="Mousepad", title="notes.md - Mousepad", id_="1"):
    return WindowFocus(at=at, app=app, title=title, window=id_)


def text(at, typed, until=0.0):
    return KeyText(at=at, text=typed, until=until)


def key(at, name, *mods, count=1):
    return KeyNamed(at=at, key=name, mods=mods, count=count)


def test_a_burst_is_one_event_with_its_exact_text(tale):
    tale.feed(text(1.0, "teh"), key(1.2, "BackSpace", count=2), text(1.4, "he cat"), key(2.0, "Enter")).feed(5.0)
    (event,) = tale.of("typing")
    assert event.sentence == "The user types 'the cat⏎' in 'notes.md' in Mousepad."
    assert event.data == {"text": "the cat\n", "keys": 12}
    assert (event.time, event.duration, event.closed, event.source) == (1.0, 1.0, True, "keyboard")
    assert (event.app, event.title, event.utc_offset_min) == ("Mousepad", "notes.md", 120)


def test_a_pause_ends_a_burst_and_a_long_one_is_cut(tale):
    tale.feed(text(1.0, "one "), text(2.0, "two "), text(4.5, "three"))
    assert [e.data["text"] for e in tale.of("typing")] == ["one two ", "three"]
    long = Tale(burst_max_chars=50).feed(*(text(i / 10, f"word{i % 7} ") for i in range(100))).end()
    typed = long.of("typing")
    assert len(typed) > 8
    assert all(len(e.data["text"]) <= 50 and e.closed for e in typed)
    assert "".join(e.data["text"] for e in typed) == "".join(f"word{i % 7} " for i in range(100))


def test_5000_keys_with_corrections_make_up_the_text_of_the_file(tale):
    rng, held, at = random.Random(2), [], 1.0
    for _ in range(5_000):
        at += rng.choice([0.01, 0.05, 0.3, 2.5])
        if rng.random() < 0.12:
            tale.feed(key(at, "BackSpace"))
            held[-1:] = []
        elif rng.random() < 0.03:
            tale.feed(key(at, "Enter"))
            held.append("\n")
        else:
            held.append(rng.choice("abcdefgh  ,.éñßжя中文🙂"))
            tale.feed(text(at, held[-1]))
    assert join_bursts(tale.end().of("typing")) == "".join(held)
    assert sum(e.data["keys"] for e in tale.of("typing")) == 5_000


def test_growing_text_is_held_back_and_redacted(tale):
    for i, char in enumerate(f"card {CARD}"):
        tale.feed(text(1.0 + i * 0.5, char))
    tale.feed(20.0).end()
    assert len(tale.of("typing")) == 1
    assert tale.of("typing")[0].data["text"] == "card [redacted: card number]"
    assert not any("411" in str(event) for event in tale.told)


def test_a_card_number_typed_in_groups_with_pauses_is_one_burst(tale):
    for i, group in enumerate(CARD.split()):
        tale.feed(text(10.0 * i + 1, group), *(10.0 * i + tick for tick in (4.0, 6.0, 9.0)))
    tale.end()
    assert not any("1111" in str(event) for event in tale.told)


def test_a_cut_never_goes_through_a_secret():
    tale = Tale(burst_max_chars=50).feed(window(0.0))
    for i, char in enumerate("word " * 4 + CARD + " and more words after it, many more"):
        tale.feed(text(1.0 + i * 0.1, char))
    parts = [event.data["text"] for event in tale.end().of("typing")]
    assert parts == ["word " * 4, "[redacted: card number] and more words after it, many more"]


def test_growing_events_are_told_twice_a_second_at_most(tale):
    tale.feed(*(text(1.0 + i / 100, "a") for i in range(1_000)))
    assert 20 <= sum(event.type == "typing" for event in tale.told) <= 30


def test_enter_tab_and_deletions_alone(tale):
    tale.feed(key(1.0, "Enter", count=2), 9.0, key(10.0, "Tab"), 19.0, key(20.0, "BackSpace", count=3), 29.0)
    tale.feed(key(30.0, "a", "Ctrl"), key(30.1, "Delete"), 39.0, key(40.0, "a", "Ctrl"), text(40.1, "new"), 49.0)
    tale.feed(key(50.0, "BackSpace"), text(50.1, "w"), 55.0)
    assert tale.sentences("typing") == [
        "The user presses Enter 2 times in 'notes.md' in Mousepad.",
        "The user presses Tab in 'notes.md' in Mousepad.",
        "The user deletes 3 characters in 'notes.md' in Mousepad.",
        "The user deletes everything in 'notes.md' in Mousepad.",
        "The user selects all and types 'new' in 'notes.md' in Mousepad.",
        "The user deletes 1 character and types 'w' in 'notes.md' in Mousepad.",
    ]
    assert join_bursts(tale.end().events) == "new"[:-1] + "w"


def test_jumps_end_the_burst(tale):
    tale.feed(text(1.0, "one"), Click(at=1.1), text(1.2, "two"), key(1.3, "Up"), text(1.4, "three"), key(1.5, "Escape"))
    assert [e.data["text"] for e in tale.of("typing")] == ["one", "two", "three"]
    assert not tale.of("hotkey")


def test_long_text_is_shortened_only_in_the_sentence(tale):
    tale.feed(text(1.0, 'It\'s a "long" story. ' * 50)).end()
    (event,) = tale.of("typing")
    assert event.data["text"] == 'It\'s a "long" story. ' * 50
    assert len(event.sentence) < 270
    assert "…" in event.sentence
    assert event.sentence.count("'") == 4


def test_hotkeys_are_named_and_runs_merged(tale):
    tale.feed(key(1.0, "s", "Ctrl"), key(2.0, "c", "Ctrl"), *(key(3.0 + i, "z", "Ctrl") for i in range(5)))
    tale.feed(key(9.0, "e", "Ctrl", "Shift", count=2), key(10.0, "v", "Ctrl"), key(11.0, "Insert", "Shift"))
    tale.feed(key(12.0, "Tab", "Alt"), key(13.0, "Super"), key(14.0, "Home", "Ctrl"), key(15.0, "Shift"))
    assert tale.sentences("hotkey", "paste") == [
        "The user saves 'notes.md' in Mousepad (Ctrl+S).",
        "The user copies in 'notes.md' in Mousepad (Ctrl+C).",
        "The user undoes in 'notes.md' in Mousepad (Ctrl+Z 5 times).",
        "The user presses Ctrl+Shift+E 2 times in 'notes.md' in Mousepad.",
        "The user pastes into 'notes.md' in Mousepad 2 times.",
    ]


def test_chords_mean_other_things_in_browsers_and_terminals():
    tale = Tale().feed(window(0.0, "Chromium", "Cats - Wikipedia - Chromium"), key(1.0, "t", "Ctrl"))
    tale.feed(key(2.0, "w", "Ctrl"), key(3.0, "F5"), key(4.0, "n", "Ctrl", "Shift"))
    tale.feed(
        window(5.0, "XTerm", "ann@box: ~/src", "2"), text(5.5, "ls"), key(6.0, "c", "Ctrl"), key(7.0, "a", "Ctrl")
    )
    assert tale.sentences("hotkey") == [
        "The user opens a new tab in Chromium (Ctrl+T).",
        "The user closes the tab 'Cats' on Wikipedia in Chromium (Ctrl+W).",
        "The user reloads 'Cats' on Wikipedia in Chromium (F5).",
        "The user presses Ctrl+C in '~/src' in XTerm.",
        "The user presses Ctrl+A in '~/src' in XTerm.",
    ]


def test_a_chord_after_scrolling_is_not_swallowed(tale):
    tale.feed(Scroll(at=1.0, dy=-1), key(2.0, "Enter", "Ctrl"))
    assert tale.sentences("hotkey") == ["The user presses Ctrl+Enter in 'notes.md' in Mousepad."]


def test_counted_keys_are_one_event_while_nothing_else_happens(tale):
    tale.feed(*(KeysCounted(at=1.0 + i, count=6, reason="no consent", until=1.5 + i) for i in range(7)))
    tale.feed(KeysCounted(at=9.0, count=1, reason="unknown focus"))
    first, second = tale.of("keys")
    assert first.sentence == "The user types 42 characters in 'notes.md' in Mousepad."
    assert (first.data, first.duration) == ({"keys": 42, "reason": "no consent"}, 6.5)
    assert second.sentence == "The user types 1 character in 'notes.md' in Mousepad."


def test_clicks_and_scrolls_are_one_event_a_run(tale):
    tale.feed(Click(at=1.0), Click(at=2.0, count=2), Click(at=3.0, button="right"))
    tale.feed(Scroll(at=4.0, dy=-3), Scroll(at=9.0, dy=-2, until=10.0), Scroll(at=11.0, dy=4))
    assert tale.sentences("click", "scroll") == [
        "The user clicks 3 times in 'notes.md' in Mousepad.",
        "The user clicks with the right button in 'notes.md' in Mousepad.",
        "The user scrolls down in 'notes.md' in Mousepad.",
        "The user scrolls up in 'notes.md' in Mousepad.",
    ]
    assert (tale.of("scroll")[0].data, tale.of("scroll")[0].duration) == ({"dy": -5}, 6.0)


def test_typing_where_no_window_is_known():
    assert Tale().feed(text(1.0, "hi")).sentences() == ["The user types 'hi'."]
