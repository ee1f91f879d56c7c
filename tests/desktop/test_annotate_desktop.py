"""The real annotation page on a real X server, worked with real keys only; killed in the middle and taken up again."""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import psutil
import pytest

from assistant.bench.desktop import Desktop, wait_until
from assistant.paths import under

pytestmark = pytest.mark.desktop

ROOT = Path(__file__).parents[2]
ACCENT = (0x0D, 0x6E, 0x63)
STORY = [
    ("The user opens 'tent.txt' in Mousepad.", []),
    ("The user searches for 'how to mend a tent pole' on Google.", ["Explain how to mend a tent pole", "Open a map"]),
    ("The user reads 'Splints for tent poles' in Firefox.", ["Sum up the article on <b>splints</b>", "Buy a new tent",
                                                             "List what a splint needs"]),
    ("The user types 'tape, splint, spare pole' in 'tent.txt' in Mousepad.", ["Sort the list by shop"]),
    ("The user plays a song.", ["Recommend another song", "Turn the music down"]),
]  # fmt: skip


def write_trace(folder: Path) -> Path:
    rows = [
        {
            "observation": {"time": str(1_700_000_000.0 + 30 * number), "event": sentence},
            "agent_response": {"candidate_task": tasks},
            "task_status": False,
        }
        for number, (sentence, tasks) in enumerate(STORY)
    ]
    file = folder / "tent.json"
    file.write_text(json.dumps(rows))
    return file


class Page:
    """The command in a process of its own, and somebody at the keyboard."""

    def __init__(self, desktop: Desktop, home: Path, *args: str) -> None:
        self.desktop, self.database = desktop, under(home).database
        env = desktop.env | {"ASSISTANT_HOME": str(home), "PYTHONPATH": str(ROOT)}
        self.process = desktop.spawn(
            [sys.executable, "-m", "assistant", "annotate", *args], env=env, stdout=subprocess.PIPE
        )
        desktop.focus(desktop.window("^Annotation$", timeout=90))
        wait_until(lambda: self.count(ACCENT) > 500, 60, "for the page to be painted")

    def press(self, *keys: str) -> None:
        self.desktop.xdotool("key", "--delay", "60", *keys)

    def rows(self) -> list[tuple[int, str, str]]:
        """(position, what was said, the task's words) of every row, in the order of their making."""
        sql = """SELECT annotation.position, said, coalesce(task, '') FROM annotation
                 LEFT JOIN candidate ON candidate.id = candidate_id WHERE annotator = 'ada' ORDER BY annotation.id"""
        with closing(sqlite3.connect(self.database)) as db:
            return db.execute(sql).fetchall()

    def wait_rows(self, count: int) -> list[tuple[int, str, str]]:
        return wait_until(lambda: len(found := self.rows()) >= count and found, 30, f"for {count} rows")

    def count(self, colour: tuple[int, int, int]) -> int:
        """Pixels of that colour on the whole screen."""
        from Xlib import X
        from Xlib.display import Display

        display = Display(self.desktop.display)
        try:
            data = display.screen().root.get_image(0, 0, 1280, 800, X.ZPixmap, 0xFFFFFF).data
        finally:
            display.close()
        blue_green_red = bytes(reversed(colour))
        return sum(data[at : at + 3] == blue_green_red for at in range(0, len(data), 4))


def test_three_points_by_keys_only_killed_and_taken_up_again(desktop: Desktop, tmp_path: Path) -> None:
    file, home = write_trace(tmp_path), tmp_path / "home-of-ada"
    page = Page(desktop, home, str(file), "--as", "ada")
    page.press("1", "2", "2", "Return")  # tent pole: the first one (the second is taken back)
    page.wait_rows(2)
    page.press("3", "1", "Return")  # article: two of three
    page.wait_rows(5)
    page.press("s")  # the list: cannot tell
    page.wait_rows(6)
    page.press("u", "0", "Return")  # no: none of these
    before = page.wait_rows(9)
    assert before == [
        (1, "accepted", "Explain how to mend a tent pole"),
        (1, "rejected", "Open a map"),
        (2, "accepted", "Sum up the article on <b>splints</b>"),
        (2, "rejected", "Buy a new tent"),
        (2, "accepted", "List what a splint needs"),
        (3, "skipped", ""),
        (3, "undone", ""),
        (3, "none", ""),
        (3, "rejected", "Sort the list by shop"),
    ]
    page.press("1")  # chosen, not stored
    page.process.kill()
    page.process.wait(10)

    again = Page(desktop, home, "--trace", "tent", "--as", "ada")
    assert again.rows() == before
    if folder := os.environ.get("ANNOTATE_SCREENSHOTS"):
        desktop.screenshot(Path(folder) / "resumed.png")
    again.press("2")
    wait_until(lambda: again.count((0xDC, 0xF0, 0xEC)) > 5_000, 10, "for the choice to show")
    shot = desktop.screenshot(tmp_path / "annotate.png")
    assert shot.stat().st_size > 10_000
    for process in desktop.processes():
        with_port = psutil.Process(process.pid).net_connections(kind="inet")
        assert with_port == [], process.name()
    again.press("Return")
    assert again.wait_rows(11)[9:] == [
        (4, "rejected", "Recommend another song"),
        (4, "accepted", "Turn the music down"),
    ]
    again.press("q")
    out, _ = again.process.communicate(timeout=15)
    assert again.process.returncode == 0
    assert out.decode().strip().endswith("4 of 4 points answered, 0 skipped by ada.")
