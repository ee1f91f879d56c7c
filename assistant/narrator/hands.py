"""What keys and mouse do: each input joins the run that it belongs to, or begins one."""

from __future__ import annotations

from assistant.events import Click, Event, KeyNamed, KeysCounted, KeyText, Scroll
from assistant.narrator import hotkeys
from assistant.narrator.runs import Run, Runs
from assistant.narrator.splice import Splice
from assistant.narrator.windows import Windows

_PRESSES = 1_000
"""More presses of one key in one observation are not followed: nobody held a key for that long."""

Input = KeyText | KeyNamed | KeysCounted | Click | Scroll


class Hands:
    """Sorts input into runs in the window of the moment."""

    def __init__(self, runs: Runs, windows: Windows) -> None:
        self._runs = runs
        self._windows = windows

    def take(self, obs: Input, latest: float) -> list[Event]:
        """Take in one input; gives what was told about the run that it ended.

        :param latest: no input went on for longer than until then, whatever ``until`` says.
        """
        match obs:
            case KeyText():
                return self._type(obs, latest)
            case KeyNamed():
                return self._press(obs)
            case KeysCounted():
                return self._counted(obs, latest)
            case Click():
                return self._count("click", obs.button, obs.at, max(1, obs.count), "mouse")
            case Scroll():
                return self._scroll(obs, latest)

    def _counted(self, obs: KeysCounted, latest: float) -> list[Event]:
        run, ended = self._join("keys", obs.reason, obs.at)
        run.count += max(0, obs.count)
        run.last = max(run.last, min(obs.until, latest))
        return ended

    def _join(self, type_: str, key: str, at: float, source: str = "keyboard") -> tuple[Run, list[Event]]:
        return self._runs.join(type_, key, self._windows.where, self._windows.app, at, source)

    def _type(self, obs: KeyText, latest: float) -> list[Event]:
        if not obs.text:
            return []
        run, ended = self._join("typing", "", obs.at)
        run.splice.insert(obs.text)
        run.count += len(obs.text)
        run.last = max(run.last, min(obs.until, latest))
        return ended

    def _press(self, obs: KeyNamed) -> list[Event]:
        kind, count = self._windows.where.kind, min(max(1, obs.count), _PRESSES)
        if hotkeys.is_paste(obs.key, obs.mods, kind):
            return self._count("paste", "", obs.at, count)
        if not self._chord_of_terminal(obs, kind) and (events := self._edit(obs, count)) is not None:
            return events
        if not hotkeys.is_event(obs.key, obs.mods, kind):
            return self._runs.close() if self._typing() else []
        return self._count("hotkey", hotkeys.label(obs.key, obs.mods), obs.at, count)

    @staticmethod
    def _chord_of_terminal(obs: KeyNamed, kind: str) -> bool:
        """Shells and their editors give chords meanings of their own (Ctrl+A goes to the beginning of the line)."""
        return kind == "terminal" and bool(set(obs.mods) - {"Shift"})

    def _typing(self) -> bool:
        return self._runs.run is not None and self._runs.run.type == "typing"

    def _edit(self, obs: KeyNamed, count: int) -> list[Event] | None:
        """Follow the key in the text; None when it is no key of editing, or can't be followed."""
        if not Splice().press(obs.key, obs.mods) and (not self._typing() or self._runs.over(obs.at)):
            return None  # a fresh burst can't begin with it
        run, events = self._join("typing", "", obs.at)
        for done in range(count):
            if not run.splice.press(obs.key, obs.mods):
                return [*events, *self._runs.close()] if done else None
            run.count += 1
        return events

    def _count(self, type_: str, key: str, at: float, count: int, source: str = "keyboard") -> list[Event]:
        run, ended = self._join(type_, key, at, source)
        run.count += count
        return ended

    def _scroll(self, obs: Scroll, latest: float) -> list[Event]:
        way = (obs.dy > 0) - (obs.dy < 0)
        run, ended = self._join("scroll", str(way), obs.at, "mouse")
        run.dx, run.dy = run.dx + obs.dx, run.dy + obs.dy
        run.count += max(1, obs.count)
        run.last = max(run.last, min(obs.until, latest))
        return ended
