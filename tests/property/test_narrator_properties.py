from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from assistant.clock import counting_ids
from assistant.events import (
    AppExited,
    AppStarted,
    Click,
    Event,
    Gap,
    IdleChanged,
    KeyNamed,
    KeysCounted,
    KeyText,
    LockChanged,
    PrivateChanged,
    Scroll,
    WindowFocus,
)
from assistant.narrator import Narrator, join_bursts
from assistant.narrator.splice import Splice
from assistant.policy.redaction import Redacted
from assistant.settings import Settings

QUICK = settings(max_examples=30, deadline=None)

KEYS = (
    "Enter", "Tab", "BackSpace", "Delete", "Left", "Right", "Up", "Down", "Home", "End", "PageUp", "Escape", "F5",
    "a", "s", "v", "z", "Ctrl", "", "Insert",
)  # fmt: skip
MODS = st.sampled_from([(), (), (), ("Ctrl",), ("Shift",), ("Ctrl", "Shift"), ("Alt",), ("Super",)])
WORDS = st.text(st.sampled_from("ab C1.'\"\n\t\u202e\x00é你🙂\u0301<|"), max_size=12)
TITLES = st.one_of(
    st.sampled_from(
        ["*notes.md - Mousepad", "x - Google Search - Chromium", "ann@box: ~", "x.py - p - Visual Studio Code", ""]
    ),
    WORDS,
)
APPS = st.sampled_from(["", "Mousepad", "Chromium", "XTerm", "Code"])
COUNT = st.integers(-2, 50)
BACKENDS = {
    KeyText: {"text": WORDS, "until": st.just(0.0)},
    KeyNamed: {"key": st.sampled_from(KEYS), "mods": MODS, "count": COUNT},
    KeysCounted: {"count": COUNT, "reason": st.sampled_from(["no consent", "unknown focus"])},
    Click: {"button": st.sampled_from(["left", "right", "other"]), "count": COUNT},
    Scroll: {"dx": COUNT, "dy": COUNT},
    WindowFocus: {"app": APPS, "title": TITLES, "window": st.sampled_from(["1", "2", ""]), "fullscreen": st.booleans()},
    AppStarted: {"app": APPS, "pid": st.integers(1, 3)},
    AppExited: {"app": APPS, "pid": st.integers(1, 3)},
    IdleChanged: {"idle": st.booleans(), "since": st.floats(0, 2_000)},
    LockChanged: {"locked": st.booleans()},
    PrivateChanged: {"private": st.booleans(), "rule": WORDS},
    Gap: {"sense": st.sampled_from(["all", "keyboard", "window"]), "until": st.floats(0, 2_000), "reason": WORDS},
}
STEP = st.one_of(
    st.sampled_from([0.0, 0.05, 0.3, 0.6, 2.5, 40.0]), st.sampled_from([-0.5, -4.0, -3_600.0, 3_600.0, 70.0])
)
SEEN = st.one_of(*(st.tuples(st.just(kind), st.fixed_dictionaries(fields)) for kind, fields in BACKENDS.items()))
STEPS = st.lists(st.tuples(STEP, st.one_of(st.none(), SEEN, SEEN), st.sampled_from([0.0, 1.0, -1.0])), max_size=40)


def narrator() -> Narrator:
    return Narrator(Settings().narration, counting_ids(), utc_offset_min=lambda: -90)


def run(steps, flush=True) -> tuple[list[Event], list[float]]:
    """What is told of the steps, and the time of each step (None = a tick)."""
    tells, now, told, times = narrator(), 10_000.0, [], []
    for step, seen, drift in steps:
        now += step
        times.append(now)
        if seen is None:
            told += tells.tick(now)
        else:
            kind, fields = seen
            told += tells.feed(kind(at=now, mono=max(0.0, now / 2 + drift) if drift else 0.0, **fields))
    if flush:
        told += tells.flush(now)
    return told, times


@QUICK
@given(STEPS)
def test_any_observations_give_sound_events(steps):
    told, times = run(steps)
    newest = {event.id: event for event in told}
    assert all(event.closed for event in newest.values())
    first_seen = list(dict.fromkeys(event.id for event in told))
    assert first_seen == sorted(first_seen)
    closed: set[int] = set()
    for event in told:
        assert event.id not in closed, "an event was told again after it was closed"
        if event.closed:
            closed.add(event.id)
        assert event.duration >= 0
        assert event.time + event.duration <= max([10_000.0, *times]) + 0.001
        assert event.sentence.isprintable()
        assert event.sentence.endswith(".")
        assert event.sentence.startswith("The ")
        assert len(event.sentence) < 500
        assert event.sentence.count("'") in {0, 2, 4}
        Event.model_validate_json(event.model_dump_json())


@QUICK
@given(STEPS)
def test_the_same_observations_give_the_same_events(steps):
    assert run(steps)[0] == run(steps)[0]


@QUICK
@given(st.lists(st.tuples(st.sampled_from([0.01, 0.3, 3.0, 50.0]), WORDS), max_size=30), st.integers(50, 80))
def test_append_only_typing_loses_and_invents_nothing(parts, most):
    tells = Narrator(
        Settings(narration={"burst_max_chars": most}).narration,
        counting_ids(),
        utc_offset_min=lambda: 0,
        redact=lambda text: Redacted(text, ()),
    )
    told, now = [], 100.0
    for pause, typed in parts:
        now += pause
        told += tells.feed(KeyText(at=now, text=typed))
    told += tells.flush(now)
    bursts = {event.id: event.data["text"] for event in told if event.type == "typing"}
    assert "".join(bursts.values()) == "".join(typed.replace("\x00", "") for _, typed in parts)
    assert all(len(text) <= most for text in bursts.values())


@QUICK
@given(
    st.lists(st.tuples(st.sampled_from([0.01, 0.3, 3.0]), st.sampled_from("abc é\n\b\b")), max_size=200),
    st.integers(50, 60),
)
def test_corrections_come_out_right_across_pauses_and_cuts(keys, most):
    tells = Narrator(Settings(narration={"burst_max_chars": most}).narration, counting_ids(), utc_offset_min=lambda: 0)
    told, now, held = [], 100.0, ""
    for pause, typed in keys:
        now += pause
        held = held[:-1] if typed == "\b" else held + typed
        named = {"\b": "BackSpace", "\n": "Enter"}.get(typed)
        told += tells.feed(KeyNamed(at=now, key=named) if named else KeyText(at=now, text=typed))
    told += tells.flush(now)
    assert join_bursts({event.id: event for event in told}.values()) == held


class Editor:
    """The reference: a whole document with a cursor and a selection, without knowing where a burst began."""

    def __init__(self, before: str, behind: str) -> None:
        self.text, self.at, self.anchor = before + behind, len(before), len(before)

    def put(self, new: str) -> None:
        start, end = sorted((self.at, self.anchor))
        self.text = self.text[:start] + new + self.text[end:]
        self.at = self.anchor = start + len(new)

    def press(self, key: str, mods: tuple[str, ...]) -> None:
        text, selected = self.text, self.at != self.anchor
        if key == "a" and mods == ("Ctrl",):
            self.anchor, self.at = 0, len(text)
        elif key in {"Enter", "Tab"}:
            self.put("\n" if key == "Enter" else "\t")
        elif key in {"BackSpace", "Delete"}:
            if not selected:
                self.anchor = self.at
                self.at = max(0, self.at - 1) if key == "BackSpace" else min(len(text), self.at + 1)
            self.put("")
        else:
            self.move(key, shift="Shift" in mods, selected=selected)

    def move(self, key: str, *, shift: bool, selected: bool) -> None:
        low, high = sorted((self.at, self.anchor))
        places = {
            "Left": low if selected and not shift else max(0, self.at - 1),
            "Right": high if selected and not shift else min(len(self.text), self.at + 1),
            "Home": self.text.rfind("\n", 0, self.at) + 1,
            "End": self.text.find("\n", self.at) if "\n" in self.text[self.at :] else len(self.text),
        }
        self.at = places[key]
        if not shift:
            self.anchor = self.at


MOVES = st.sampled_from(["Left", "Right", "Home", "End", "BackSpace", "Delete", "Enter", "Left", "Right"])
STROKES = st.lists(
    st.one_of(
        st.tuples(st.text(st.sampled_from("abcX ß"), min_size=1, max_size=5), st.none()),
        st.tuples(MOVES, st.sampled_from([(), (), ("Shift",)])),
        st.just(("a", ("Ctrl",))),
    ),
    max_size=30,
)


@settings(max_examples=100, deadline=None)
@given(st.text("xy\n", max_size=6), st.text("xy\n", max_size=6), STROKES)
def test_splicing_agrees_with_an_editor_as_long_as_it_follows(before, behind, strokes):
    editor, splice = Editor(before, behind), Splice()
    for key, mods in strokes:
        if mods is None:
            editor.put(key)
            splice.insert(key)
        elif (key in {"Delete", "Enter"} and mods) or (key == "BackSpace" and mods):
            continue
        elif not splice.press(key, mods):
            return
        else:
            editor.press(key, mods)
        if splice.replaces:
            assert editor.text == splice.text
        elif splice.erased <= len(before) and splice.erased_behind <= len(behind):
            rest = before[: len(before) - splice.erased], behind[splice.erased_behind :]
            assert editor.text == rest[0] + splice.text + rest[1]
        else:
            return


@QUICK
@given(STEPS, STEPS, st.booleans())
def test_private_times_leak_nothing(before, during, app_first):
    tells, now = narrator(), 10_000.0
    marked = WindowFocus(at=now, app="Zebra", title="zebra stripes", window="9")
    tells.feed(marked)
    for step, seen, _ in before:
        now += max(0.0, step)
        if seen is not None and seen[0] not in {PrivateChanged, Gap}:
            tells.feed(seen[0](at=now, **seen[1]))
    tells.feed(marked.model_copy(update={"at": now}))
    tells.feed(KeyText(at=now, text="zebra"))
    tells.feed(PrivateChanged(at=now, private=True, rule="zebra"))
    told = []
    for step, seen, _ in during:
        now += max(0.0, step)
        told += tells.tick(now) + tells.feed(marked.model_copy(update={"at": now}))
        told += tells.feed(AppStarted(at=now, app="Zebra", pid=7)) if app_first else []
        told += tells.feed(KeyText(at=now, text="zebra\n"))
        if seen is not None and seen[0] not in {PrivateChanged, Gap}:
            told += tells.feed(seen[0](at=now, **seen[1]))
    assert {event.type for event in told} <= {"private", "idle", "back", "lock", "unlock"}
    told += tells.feed(PrivateChanged(at=now, private=False))
    told += tells.feed(LockChanged(at=now, locked=False)) + tells.feed(Click(at=now)) + tells.tick(now + 100)
    told += tells.feed(WindowFocus(at=now + 200, app="Mousepad", title="x - Mousepad", window="3"))
    told += tells.flush(now + 300)
    assert "zebra" not in str(told).casefold()


@QUICK
@given(APPS.filter(bool), TITLES, st.lists(st.floats(0.05, 30.0), min_size=1, max_size=30), st.booleans())
def test_identical_windows_are_one_row(app, title, pauses, ticking):
    tells, now = narrator(), 10_000.0
    told = tells.feed(WindowFocus(at=now, app=app, title=title, window="1"))
    for pause in pauses:
        now += pause
        told += tells.tick(now) if ticking else []
        told += tells.feed(WindowFocus(at=now, app=app, title=title, window="1"))
    told += tells.flush(now + 1)
    rows = {event.id: event for event in told}
    assert len(rows) == 1
    (row,) = rows.values()
    assert (row.type, row.time) == ("switch", 10_000.0)
    assert abs(row.duration - (now + 1 - 10_000.0)) < 0.01
