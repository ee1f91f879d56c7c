"""The bundled day is varied, in order, mostly quiet, and exactly what its story tells."""

from __future__ import annotations

import importlib
import itertools
from collections import Counter
from pathlib import Path

import pytest

from assistant.clock import counting_ids
from assistant.events import Gap, IdleChanged, KeyText, Observation, PrivateChanged, WindowFocus
from assistant.narrator import Narrator
from assistant.sample_day import BEGINS_S, load_sample_day
from assistant.settings import Narration

SCRIPTS = Path(__file__).parents[2] / "scripts"
START = 1_700_000_000.0


@pytest.fixture(scope="module")
def day() -> list[Observation]:
    return load_sample_day(START, 500.0)


def test_it_is_long_and_of_many_kinds(day: list[Observation]) -> None:
    kinds = Counter(one.kind for one in day)
    assert len(day) >= 300
    assert set(kinds) >= {
        "key_text", "key_named", "keys_counted", "click", "scroll", "window_focus",
        "app_started", "app_exited", "idle_changed", "lock_changed", "private_changed", "gap",
    }  # fmt: skip
    assert any(one.kind == "key_named" and one.key == "BackSpace" for one in day)


def test_times_begin_at_the_start_and_never_go_back(day: list[Observation]) -> None:
    assert (day[0].at, day[0].mono) == (START, 500.0)
    for before, after in itertools.pairwise(day):
        assert before.at <= after.at
        assert before.mono <= after.mono
    assert 7 * 3600 < day[-1].at - START < 10 * 3600


def test_every_inner_time_moves_along(day: list[Observation]) -> None:
    for one in day:
        if isinstance(one, KeyText | Gap):
            assert one.at <= one.until < one.at + 60
        if isinstance(one, IdleChanged):
            assert START < one.since < one.at


def test_it_crosses_several_domains_and_languages(day: list[Observation]) -> None:
    apps = {one.app for one in day if isinstance(one, WindowFocus)}
    assert apps >= {"Visual Studio Code", "LibreOffice Writer", "Thunderbird", "Chromium", "Xfce Terminal"}
    titles = " | ".join(one.title for one in day if isinstance(one, WindowFocus))
    for said in (
        "how to flatten nested list python - Google Search - Chromium",
        "Stack Overflow",
        "Halden Q2 vs Orvo Quiet 5",
        "Wetter Valencia Mai - Google Suche",
        "qué ver en Valencia en tres días - Buscar con Google",
    ):
        assert said in titles


def test_long_stretches_are_quiet(day: list[Observation]) -> None:
    """Nobody types for at least five minutes, again and again: there silence is right."""
    typed = [one.at for one in day if isinstance(one, KeyText)]
    pauses = [after - before for before, after in itertools.pairwise(typed)]
    assert sum(pause > 300 for pause in pauses) >= 8


def test_nothing_is_seen_while_it_is_private(day: list[Observation]) -> None:
    closed = False
    for one in day:
        assert not closed or isinstance(one, PrivateChanged)
        closed = isinstance(one, PrivateChanged) and one.private


def test_every_stretch_without_input_is_known_as_one(day: list[Observation]) -> None:
    """As on a real desktop: three minutes without a hand on anything end in an ``IdleChanged``."""
    done_by_hand = {"key_text", "key_named", "keys_counted", "click", "scroll", "window_focus"}
    last, known = day[0].at, False
    for one in day:
        if one.kind in done_by_hand:
            assert known or one.at - last <= 181, one
            last, known = max(one.at, getattr(one, "until", 0.0)), False
        elif one.kind in {"idle_changed", "private_changed"}:
            known = True


def test_the_typos_are_corrected_as_the_story_means_them(day: list[Observation]) -> None:
    narrator = Narrator(Narration(), counting_ids(), utc_offset_min=lambda: 0)
    said = {event.id: event.sentence for one in day for event in [*narrator.tick(one.at), *narrator.feed(one)]}
    said |= {event.id: event.sentence for event in narrator.flush(day[-1].at)}
    all_of_it = " ".join(said.values())
    for words in (
        "mostly because the", "the average delivery", "how to flatten nested list", "your patience", "best microphone",
        "orders.append(row)", "qué ver en Valencia en tres días⏎", "las maletas antes", "Badesachen", "missing again",
    ):  # fmt: skip
        assert words in all_of_it, words


def test_the_day_begins_when_the_story_says(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(SCRIPTS))
    writer = importlib.import_module("write_sample_day")
    hour, minute = writer.DAY_BEGINS.split(":")
    assert int(hour) * 3600 + int(minute) * 60 == BEGINS_S


def test_the_file_is_what_the_story_tells(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(SCRIPTS))
    writer = importlib.import_module("write_sample_day")
    told = writer.lines(writer.tell(writer.STORY.read_text(encoding="utf-8")))
    assert writer.FILE.read_text(encoding="utf-8") == told, "run: python scripts/write_sample_day.py"
