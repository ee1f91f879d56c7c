"""`assistant run` as started by hand, on a real terminal and a real desktop."""

from __future__ import annotations

import sys
import threading
import time

import pytest

from assistant.bench.desktop import Desktop, wait_until
from assistant.bench.terminal import on_a_terminal
from assistant.client import ask
from assistant.errors import AssistantError
from assistant.events import OutcomeKind
from assistant.paths import under
from assistant.policy.consent import load_consent
from assistant.store import open_reader

pytestmark = [pytest.mark.desktop, pytest.mark.timeout(180)]
RUN = [sys.executable, "-m", "assistant", "run"]


def test_first_run_asks_and_ctrl_c_ends_it(desktop: Desktop) -> None:
    home = desktop.folder / "a"
    answers = [("[off]", "safe\n"), ("Stop with Ctrl-C", "\x03")]
    code, shown = on_a_terminal(RUN, answers, desktop.env | {"ASSISTANT_HOME": str(home)})
    assert code == 0, shown
    assert shown.rstrip().endswith("Stopped.")
    assert "WARNING" not in shown
    assert load_consent(under(home).consent_file).typed == "safe"
    code, shown = on_a_terminal(RUN, [("Stop with Ctrl-C", "\x03")], desktop.env | {"ASSISTANT_HOME": str(home)})
    assert "Typed text" not in shown, "it asks once"


def test_suggestion_is_shown_and_answered_in_the_terminal(desktop: Desktop) -> None:
    """No popup, no notification: the terminal is the last way (with the real model)."""
    home = desktop.folder / "a"
    # The prompt holds the time of day, so what the model writes for one search differs from run to run, and what has
    # nothing to do with it is dropped. Somebody who searches on is asked sooner or later.
    queries = (
        "TypeError NoneType object is not iterable how to fix",
        "how to undo last git commit error",
        "how to rename many photos by date in bash",
        "python ImportError no module named requests how to install",
        "how to convert csv to json in python",
        "ssh permission denied publickey how to fix",
    )

    def ready() -> bool:
        try:
            status = ask(under(home), "status", timeout=5.0)
        except AssistantError:
            return False
        senses = {sense["sense"]: sense["state"] for sense in status["senses"]}
        return "SmolLM2" in status["model"] and senses.get("window") == "ok"

    def offered() -> bool:
        with open_reader(under(home).database) as reader:
            return bool(reader.history(1))

    def search() -> None:
        wait_until(ready, 60.0, "for model and senses")
        desktop.spawn(["xterm", "-class", "Chromium", "-T", "New Tab - Chromium", "-e", "sleep", "100"])
        window = desktop.window("^New Tab")
        desktop.focus(window)
        time.sleep(2.0)
        for query in queries:
            if offered():
                return
            desktop.xdotool("set_window", "--name", f"{query} - Google Search - Chromium", window)
            time.sleep(9.0)  # min_interval_s, and a suggestion takes two seconds

    somebody = threading.Thread(target=search)
    somebody.start()
    env = desktop.env | {"ASSISTANT_HOME": str(home), "ASSISTANT_UI__NOTIFIER": "terminal"}
    answers = [("[off]", "off\n"), ("[a]ccept", "a\n"), ("│", "\x03")]
    _, shown = on_a_terminal(RUN, answers, env, 120.0)
    somebody.join()
    assert "✦" in shown
    with open_reader(under(home).database) as reader:
        assert [outcome.kind for item in reader.history(5) for outcome in item.outcomes] == [OutcomeKind.ACCEPTED]
