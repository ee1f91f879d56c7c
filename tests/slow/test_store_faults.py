"""Real faults on a real disk: killed in the middle of writing, no space left (CAPTURE.md, rows 9 and 10)."""

from __future__ import annotations

import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

import pytest

from assistant.clock import SystemClock
from assistant.paths import under
from assistant.settings import Storage
from assistant.store import open_store

pytestmark = pytest.mark.slow

# Writes event after event and prints the number of each once it is committed, and the number handed over.
WRITE = """
import os, sys, time
from pathlib import Path
from assistant.clock import SystemClock
from assistant.events import Event
from assistant.paths import under
from assistant.settings import Storage
from assistant.store import open_store
from assistant.store.writer import PutEvent

def say(word, number):
    os.write(1, f"{word} {number}\\n".encode())  # in one piece: two threads speak

store = open_store(under(Path(sys.argv[1])), SystemClock(), Storage())
for number in range(1, 1_000_000):
    sentence = "The user types 'tea' " * 5
    event = Event(id=number, time=time.time(), sentence=sentence, type="typing", source="keyboard", closed=False)
    store.writer.submit(PutEvent(event), on_commit=lambda number=number: say("committed", number))
    say("given", number)
    time.sleep(0.001)
"""

# A file may not grow beyond the limit: SQLite meets the same failing write() as on a full disk.
FILL = """
import resource, sys, time
from pathlib import Path
from assistant.clock import SystemClock
from assistant.events import Event
from assistant.paths import under
from assistant.settings import Storage
from assistant.store import open_store
from assistant.store.writer import PutEvent

store = open_store(under(Path(sys.argv[1])), SystemClock(), Storage(queue_size=1_000, commit_s=0.02))
hard = resource.getrlimit(resource.RLIMIT_FSIZE)[1]
resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, hard))
given = refused = 0
for number in range(1, 3_001):
    event = Event(id=number, time=time.time(), sentence="x" * 500, type="typing", source="keyboard")
    if store.writer.submit(PutEvent(event)):
        given += 1
    else:
        refused += 1
    time.sleep(0.0003)
assert not store.writer.flush(0.3)
health = store.writer.health()
assert health.last_error and health.dropped == refused > 0, health
resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))
assert store.writer.flush(10), store.writer.health()
assert store.close()
print(given, refused)
"""


def test_kill_9_while_writing_loses_nothing_committed_and_at_most_a_second(tmp_path: Path) -> None:
    writing = subprocess.Popen([sys.executable, "-c", WRITE, str(tmp_path)], stdout=subprocess.PIPE, text=True)
    assert writing.stdout
    with writing, writing.stdout:
        told: list[str] = []
        until = time.monotonic() + 2.0
        while time.monotonic() < until:
            told.append(writing.stdout.readline())
        writing.kill()
        killed_at = time.time()
        told += writing.stdout.readlines()
    said = [line.split() for line in told if line.endswith("\n")]
    committed = {int(number) for word, number in said if word == "committed"}
    given = {int(number) for word, number in said if word == "given"}

    with closing(open_store(under(tmp_path), SystemClock(), Storage())) as store:
        stored = store.reader.recent_events(1_000_000)
        gaps = store.reader.gaps_between(0, 1e12)
    assert committed
    assert {event.id for event in stored} >= committed
    assert len(given) - len(stored) <= 1_000  # handed over every millisecond at most: a second's worth
    assert killed_at - stored[-1].time <= 1.0
    assert gaps == []  # not taken for a broken database
    assert all(event.closed for event in stored)


def test_no_space_left_is_survived_and_what_overflowed_is_a_gap(tmp_path: Path) -> None:
    ran = subprocess.run(
        [sys.executable, "-c", FILL, str(tmp_path)], capture_output=True, text=True, timeout=60, check=False
    )
    assert ran.returncode == 0, ran.stderr
    given, refused = map(int, ran.stdout.split())
    with closing(open_store(under(tmp_path), SystemClock(), Storage())) as store:
        assert len(store.reader.recent_events(10_000)) == given
        gaps = store.reader.gaps_between(0, 1e12)
    assert [f"{refused} rows lost in the store" in gap.reason for gap in gaps] == [True]
    assert gaps[0].until > gaps[0].at
