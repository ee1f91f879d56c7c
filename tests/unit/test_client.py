from __future__ import annotations

import json
import os
import subprocess
import sys

import psutil
import pytest

from assistant import client
from assistant.errors import SetupError
from assistant.paths import default_paths


def left_behind(pid: int, started: float) -> None:
    paths = default_paths().make()
    paths.status_file.write_text(json.dumps({"supervisor": pid, "started": started, "children": {}}))


def test_a_process_id_that_is_somebody_elses_by_now_is_not_ours() -> None:
    stranger = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    try:
        left_behind(stranger.pid, psutil.Process(stranger.pid).create_time() - 3_600.0)
        assert client.supervisor_pid(default_paths()) is None
        with pytest.raises(SetupError, match="not running"):
            client.ask(default_paths(), "status")
    finally:
        stranger.kill()
        stranger.wait()


def test_our_own_is_found() -> None:
    left_behind(os.getpid(), psutil.Process().create_time())
    assert client.supervisor_pid(default_paths()) == os.getpid()


@pytest.mark.parametrize("content", ["", "{}", "[]", '{"supervisor": "x", "started": 1}'])
def test_a_broken_status_file_is_no_running_assistant(content: str) -> None:
    default_paths().make().status_file.write_text(content)
    assert client.supervisor_pid(default_paths()) is None
