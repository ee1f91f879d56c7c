"""Write ``assistant/data/sample_day.jsonl`` from the story in ``sample_day_story.txt``. For developers.

python scripts/write_sample_day.py

The day is invented. What is written are observations as the privacy gate would let them through, one JSON
object a line, with times in seconds from the start of the day. The same story always gives the same bytes.
"""

from __future__ import annotations

import itertools
import json
import random
from pathlib import Path

from assistant.events import (
    AppExited,
    AppStarted,
    Click,
    Gap,
    IdleChanged,
    KeyNamed,
    KeysCounted,
    KeyText,
    LockChanged,
    Observation,
    PrivateChanged,
    Scroll,
    WindowFocus,
)

FILE = Path(__file__).resolve().parent.parent / "assistant" / "data" / "sample_day.jsonl"
STORY = Path(__file__).resolve().parent / "sample_day_story.txt"
DAY_BEGINS = "8:58"
KEYS_PER_S = 5.5  # an office typist: about 65 words a minute while typing
IDLE_AFTER_S = 180.0  # the default of settings.py
NAMED = {"\n": "Enter", "\t": "Tab", "\b": "BackSpace"}

# name in the story: (display name, WM_CLASS, process, what its titles end with)
APPS = {
    "code": ("Visual Studio Code", "Code", "code", " - shop-tools - Visual Studio Code"),
    "web": ("Chromium", "Chromium", "chromium", " - Chromium"),
    "terminal": ("Xfce Terminal", "Xfce4-terminal", "xfce4-terminal", ""),
    "writer": ("LibreOffice Writer", "libreoffice-writer", "soffice.bin", " — LibreOffice Writer"),
    "calc": ("LibreOffice Calc", "libreoffice-calc", "soffice.bin", " — LibreOffice Calc"),
    "mail": ("Thunderbird", "thunderbird", "thunderbird", " - Thunderbird"),
    "chat": ("Element", "Element", "element-desktop", ""),
    "notes": ("Mousepad", "Mousepad", "mousepad", " - Mousepad"),
    "files": ("Thunar", "Thunar", "thunar", " - Thunar"),
    "video": ("mpv", "mpv", "mpv", " - mpv"),
}
PIDS = {name: 2400 + 37 * number for number, name in enumerate(APPS)}


class Day:
    """Writes down what somebody does; the clock moves on with every act."""

    def __init__(self) -> None:
        self.observations: list[Observation] = []
        self._now = 0.0
        self._last_input = 0.0
        self._dice = random.Random(2)  # noqa: S311 - a believable rhythm, always the same
        self._windows = itertools.count(0x2C00007, 0x40)
        self._window_of: dict[str, str] = {}

    # ------------------------------------------------------------------ the clock

    def at(self, hour_minute: str) -> None:
        """Nothing happens until then."""
        begin, then = (self._seconds(text) for text in (DAY_BEGINS, hour_minute))
        if then - begin < self._now:
            raise ValueError(f"{hour_minute} has passed already: it is {self._now / 60:.1f} minutes into the day")
        self._now = then - begin

    def wait(self, seconds: float) -> None:
        self._now += seconds

    @staticmethod
    def _seconds(hour_minute: str) -> float:
        hour, minute = hour_minute.split(":")
        return int(hour) * 3600.0 + int(minute) * 60.0

    def _stamp(self) -> dict[str, float]:
        at = round(self._now, 2)
        return {"at": at, "mono": at}

    def _input(self) -> dict[str, float]:
        """The time of something done by hand; who did nothing for long was away until now."""
        since = round(self._last_input, 2)
        if self._now - since > IDLE_AFTER_S:
            then = round(since + IDLE_AFTER_S, 2)
            self.observations.append(IdleChanged(at=then, mono=then, idle=True, since=since))
            self.observations.append(IdleChanged(**self._stamp(), idle=False, since=since))
            self.wait(0.05)
        self._last_input = self._now
        return self._stamp()

    # ------------------------------------------------------------------ windows and programs

    def start(self, name: str) -> None:
        app, _, process, _ = APPS[name]
        self.observations.append(AppStarted(**self._stamp(), app=app, pid=PIDS[name], process=process))
        self.wait(1.3)

    def quit(self, name: str) -> None:
        app, _, process, _ = APPS[name]
        self.observations.append(AppExited(**self._stamp(), app=app, pid=PIDS[name], process=process))
        self.wait(0.4)

    def look(self, name: str, title: str, seconds: float = 4.0, *, fullscreen: bool = False) -> None:
        """A window or title comes to the front and is looked at for a while."""
        app, app_id, process, ending = APPS[name]
        window = self._window_of.setdefault(name, hex(next(self._windows)))
        self.observations.append(
            WindowFocus(
                **self._input(),
                app=app,
                app_id=app_id,
                title=title + ending,
                pid=PIDS[name],
                process=process,
                window=window,
                fullscreen=fullscreen,
            )
        )
        self.wait(seconds)

    def desktop(self) -> None:
        """The last window is gone: none is active."""
        self.observations.append(WindowFocus(**self._stamp()))
        self.wait(1.0)

    def search(self, query: str, seconds: float = 9.0, page: str = "Google Search", typed: str = "") -> None:
        """Type a query into a new tab and look at the results."""
        self.look("web", "New Tab", 1.1)
        self.type((typed or query) + "\n")
        self.look("web", f"{query} - {page}", seconds)

    # ------------------------------------------------------------------ keys and mouse

    def type(self, text: str) -> None:
        r"""Type at a human pace; ``\b`` is BackSpace, ``\n`` Enter, ``\t`` Tab."""
        for named, run in itertools.groupby(text, key=lambda char: NAMED.get(char, "")):
            if named:
                count = len(list(run))
                self.observations.append(KeyNamed(**self._input(), key=named, count=count))
                self.wait(0.16 * count + 0.2)
            else:
                for word in self._words("".join(run)):
                    self._type_word(word)

    @staticmethod
    def _words(text: str) -> list[str]:
        parts = text.split(" ")
        return [part for part in [part + " " for part in parts[:-1]] + parts[-1:] if part]

    def _type_word(self, word: str) -> None:
        began = self._input()
        self.wait(max(0.0, len(word) - 1) / (KEYS_PER_S * self._dice.uniform(0.8, 1.3)))
        self._last_input = self._now
        self.observations.append(KeyText(**began, text=word, until=round(self._now, 2)))
        self.wait(self._dice.uniform(0.15, 0.35))

    def key(self, key: str, *mods: str, count: int = 1) -> None:
        self.observations.append(KeyNamed(**self._input(), key=key, mods=mods, count=count))
        self.wait(0.6)

    def counted(self, count: int, reason: str) -> None:
        """Keys that were only counted, as in a log-in form."""
        began = self._input()
        self.wait(count / KEYS_PER_S)
        self.observations.append(KeysCounted(**began, count=count, reason=reason, until=round(self._now, 2)))

    def click(self, count: int = 1, button: str = "left") -> None:
        self.observations.append(Click(**self._input(), button=button, count=count))
        self.wait(0.9)

    def scroll(self, notches: int, seconds: float = 6.0) -> None:
        began = self._input()
        self.wait(seconds)
        self._last_input = self._now
        steps = abs(notches)
        self.observations.append(Scroll(**began, dy=notches, count=steps, until=round(self._now, 2)))
        self.wait(self._dice.uniform(1.0, 4.0))

    # ------------------------------------------------------------------ not there, not seen

    def away(self, until: str, *, locked: bool = False) -> None:
        """Nobody is at the desk until then; came back at the end of it."""
        since = round(self._last_input, 2)
        self._now = self._last_input
        self.wait(IDLE_AFTER_S)
        self.observations.append(IdleChanged(**self._stamp(), idle=True, since=since))
        if locked:
            self.wait(120.0)
            self.observations.append(LockChanged(**self._stamp(), locked=True))
        self.at(until)
        if locked:
            self.observations.append(LockChanged(**self._stamp(), locked=False))
        self.wait(0.3)
        self.observations.append(IdleChanged(**self._stamp(), idle=False, since=since))
        self._last_input = self._now
        self.wait(1.0)

    def leave(self) -> None:
        """Lock the screen and go home."""
        since = round(self._now, 2)
        self.observations.append(LockChanged(**self._stamp(), locked=True))
        self.wait(IDLE_AFTER_S)
        self.observations.append(IdleChanged(**self._stamp(), idle=True, since=since))

    def private(self, until: str, rule: str) -> None:
        """The privacy gate is closed: nothing at all is seen."""
        self.observations.append(PrivateChanged(**self._stamp(), private=True, rule=rule))
        self.at(until)
        self.observations.append(PrivateChanged(**self._stamp(), private=False))
        self._last_input = self._now
        self.wait(0.2)

    def gap(self, sense: str, seconds: float, reason: str) -> None:
        began = self._stamp()
        self.wait(seconds)
        self.observations.append(Gap(**began, sense=sense, until=round(self._now, 2), reason=reason))


def lines(day: Day) -> str:
    """The whole day as JSON Lines."""
    return "".join(one.model_dump_json() + "\n" for one in sorted(day.observations, key=lambda one: one.at))


def tell(story: str) -> Day:
    """Live through a story: one act a line, its arguments in JSON; the last may be an object of options."""
    day = Day()
    for line in story.splitlines():
        act, _, rest = line.partition(" ")
        if act and not act.startswith("#"):
            arguments = json.loads(f"[{rest}]")
            options = arguments.pop() if arguments and isinstance(arguments[-1], dict) else {}
            getattr(day, act)(*arguments, **options)
    return day


if __name__ == "__main__":
    FILE.parent.mkdir(exist_ok=True)
    FILE.write_text(lines(tell(STORY.read_text(encoding="utf-8"))), encoding="utf-8")
    print(f"{FILE.name}: {len(FILE.read_text(encoding='utf-8').splitlines())} observations")
