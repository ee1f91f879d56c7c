"""Pictures of the popup for the README: a private virtual desktop, a real editor, the real ui process.

Run it with ``make screenshots``. Writes ``docs/images/popup-light.png``, ``-dark``, ``-why`` and ``-response``.
``--gallery FOLDER`` writes more, for looking at hard cases (long, right-to-left, hostile text).
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from assistant.bench.desktop import private_desktop  # noqa: E402 - the script runs from anywhere
from assistant.bench.ui_child import UiChild, end, offer  # noqa: E402 - the same
from assistant.events import Event, Suggestion  # noqa: E402 - the same
from ui.placement import WIDTH  # noqa: E402 - the same

# The card in its corner with some desktop around it.
CORNER = "640x400+640+400"
NOBODY = 65534
MOUSEPAD = """[org/xfce/mousepad/preferences/window]
path-in-title=false
[org/xfce/mousepad/preferences/view]
use-default-monospace-font=false
font-name='DejaVu Sans Mono 11'
"""
NOTES = """# Lisbon, 17-21 April

- flight TP 551, 7:40, terminal 2
- flat in Graça, keys from the bakery

## To pack
- passport, charger
- running shoes
- two light shirts
- """
EVENTS = (
    (0, "The user switches to 'lisbon.md' in Mousepad."),
    (71, "The user types 'To pack: passport, charger, running shoes' in 'lisbon.md' in Mousepad."),
    (118, "The user searches for 'lisbon weather april' on Google."),
    (163, "The user reads 'Lisbon in April: 19 °C, eight days of rain' in Firefox."),
    (204, "The user switches back to 'lisbon.md' in Mousepad."),
)
ANSWER = """For 12–19 °C and a chance of rain, I would add:

- a light rain jacket (no umbrella: it is windy by the river)
- a warm layer for the evenings
- shoes with grip for wet tiles
- sunglasses and sun cream"""
TRIP = offer(
    1,
    "Add what the April weather in Lisbon calls for to your packing list",
    "You looked up the weather while writing “To pack”",
    ANSWER,
)
LONG = (
    "Summarise the long thread about moving the billing service to the new cluster, list the open questions by owner, "
)
CASES = {
    "long": offer(2, LONG * 3, "You have read the thread for eleven minutes and opened it twice " * 4, ANSWER * 5),
    "arabic": offer(
        3,
        "هل تريد أن ألخّص لك هذا المقال الطويل عن تاريخ الخط العربي؟",
        "كنت تقرأ المقال منذ عشر دقائق",
        "ملخّص المقال\n" * 4,
    ),
    "hostile": offer(
        4, "<img src=x onerror=alert(1)><b>bold?</b>", "'); popup.clear(); // </script><h1>", "<script>1</script>"
    ),
    "short": offer(5, "Fix it", ""),
}


def events() -> tuple[Event, ...]:
    """What the suggestion is based on, this afternoon."""
    begun = 1_776_434_460.0
    return tuple(
        Event(id=number, time=begun + after, sentence=sentence, type="typing", source="keyboard")
        for number, (after, sentence) in enumerate(EVENTS, 1)
    )


class Studio:
    """One desktop with an editor on it and the ui process."""

    def __init__(self, env: dict[str, str], theme: str, folder: Path) -> None:
        self.env, self.theme = env, theme
        colour = "#23343b" if theme == "dark" else "#9db8b6"
        subprocess.run(["xsetroot", "-solid", colour], env=env, check=True)
        self.editor = self.open_editor(folder)
        window = self.xdotool("search", "--sync", "--onlyvisible", "--name", "lisbon.md").split()[0]
        self.xdotool("windowmove", window, 150, 90, "windowsize", window, 760, 520, "windowfocus", window)
        self.xdotool("key", "ctrl+End")
        self.ui = UiChild(env)
        self.ui.ready()

    def open_editor(self, folder: Path) -> subprocess.Popen[bytes]:
        """Mousepad with the notes; as nobody when we are root, for it warns root in red."""
        note = folder / "lisbon.md"
        note.write_text(NOTES, encoding="utf-8")
        options = folder / "glib-2.0" / "settings" / "keyfile"
        options.parent.mkdir(parents=True)
        options.write_text(MOUSEPAD)
        theme = "Adwaita:dark" if self.theme == "dark" else "Adwaita"
        look = {"GTK_THEME": theme, "HOME": str(folder), "XDG_CONFIG_HOME": str(folder), "GSETTINGS_BACKEND": "keyfile"}
        user: list[str] = []
        if os.geteuid() == 0:
            user = ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups"]
            for path in (folder, *folder.rglob("*")):
                os.chown(path, NOBODY, NOBODY)
            look |= {"DBUS_SESSION_BUS_ADDRESS": "", "XDG_RUNTIME_DIR": str(folder)}
        argv = [*user, "mousepad", "--disable-server", str(note)]
        return subprocess.Popen(argv, env=self.env | look, stderr=subprocess.DEVNULL)

    def xdotool(self, *args: object) -> str:
        done = subprocess.run(["xdotool", *map(str, args)], env=self.env, capture_output=True, text=True, check=True)
        return done.stdout.strip()

    def card(self) -> tuple[int, int, int, int]:
        """Left, top, width and height of the popup."""
        found = self.xdotool("search", "--onlyvisible", "--name", "^Suggestion$", "getwindowgeometry", "--shell")
        values = dict(line.split("=") for line in found.splitlines() if "=" in line)
        return tuple(int(values[key]) for key in ("X", "Y", "WIDTH", "HEIGHT"))  # type: ignore[return-value] # four

    def show(self, suggestion: Suggestion) -> None:
        self.xdotool("mousemove", 300, 700)
        self.ui.show(suggestion, events(), popup_s=60.0, theme=self.theme)
        self.ui.painted()
        time.sleep(0.3)

    def click(self, from_left: int, from_bottom: int) -> None:
        """Press something on the card and take the pointer away again."""
        x, y, width, height = self.card()
        shadow = (width - WIDTH) // 2
        x, height = x + shadow, height - shadow
        self.xdotool("mousemove", x + from_left, y + height - from_bottom, "sleep", 0.1, "click", 1)
        time.sleep(0.5)

    def picture(self, file: Path, crop: str = "") -> None:
        raw = subprocess.run(
            ["import", "-window", "root", "png:-"], env=self.env, capture_output=True, check=True
        ).stdout
        cut = ["-crop", crop, "+repage"] if crop else []
        shrink = ["-strip", "-define", "png:compression-level=9"]
        subprocess.run(["convert", "png:-", *cut, *shrink, str(file)], input=raw, check=True)
        print(f"{file} {file.stat().st_size // 1024} kB")

    def close(self) -> None:
        self.ui.close()
        end(self.editor)


# Where the buttons are, from the card's left and lower edge.
ACCEPT, WHY, NO = (65, 36), (345, 36), (238, 36)


def readme(studio: Studio, out: Path) -> None:
    """The pictures of the README."""
    studio.show(TRIP)
    studio.picture(out / f"popup-{studio.theme}.png")
    if studio.theme == "light":
        studio.click(*WHY)
        studio.picture(out / "popup-why.png", CORNER)
        studio.click(*ACCEPT)
        studio.picture(out / "popup-response.png", CORNER)


def gallery(studio: Studio, out: Path) -> None:
    """Hard cases, to look at."""
    for name, suggestion in CASES.items():
        studio.show(suggestion)
        studio.picture(out / f"{name}-{studio.theme}.png", CORNER)
        studio.click(*WHY)
        studio.picture(out / f"{name}-{studio.theme}-why.png", CORNER)
        studio.click(*ACCEPT)
        studio.picture(out / f"{name}-{studio.theme}-response.png", CORNER)
        studio.click(142 if suggestion.task.response else 65, 36)
    studio.show(offer(9, "Fix it", ""))
    studio.click(*NO)
    studio.picture(out / f"no-{studio.theme}.png", CORNER)


def main(argv: Sequence[str] | None = None) -> None:
    """Take the pictures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=ROOT / "docs" / "images")
    parser.add_argument("--gallery", type=Path)
    parser.add_argument("--compositor", action="store_true", help="with picom: soft corners and a shadow")
    options = parser.parse_args(argv)
    out = options.gallery or options.out
    out.mkdir(parents=True, exist_ok=True)
    for theme in ("light", "dark"):
        with private_desktop() as desktop, tempfile.TemporaryDirectory() as folder:
            env = desktop.env
            blend = subprocess.Popen(["picom", "--config", "/dev/null"], env=env) if options.compositor else None
            studio = Studio(env, theme, Path(folder))
            try:
                (gallery if options.gallery else readme)(studio, out)
            finally:
                studio.close()
                if blend is not None:
                    end(blend)


if __name__ == "__main__":
    main()
