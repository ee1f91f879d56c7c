"""The corpus of secrets through the real gate, narrator, core and store: none in the bytes of database, WAL or logs."""

from __future__ import annotations

import json
import logging
import runpy
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from assistant.clock import FakeClock, time_ids
from assistant.engine.core import Core, Parts, Question
from assistant.events import Event, KeyNamed, KeyText, Observation, Suggestion, Task, WindowFocus
from assistant.narrator import Narrator
from assistant.paths import Paths, under
from assistant.policy.consent import Consent
from assistant.policy.privacy import PrivacyGate
from assistant.ports import Context, FieldFocus, FieldKind, OnOutcome, Proposal, Verdict
from assistant.settings import Settings
from assistant.store import Store, open_store

SECRETS = runpy.run_path(str(Path(__file__).with_name("secrets_corpus.py")))["SECRETS"]
TEXT = FieldFocus(kind=FieldKind.TEXT)


class EagerGate:
    name = "eager"

    def judge(self, context: Context) -> Verdict:
        return Verdict(p_help=1.0, threshold=0.0, reason="always")


class SilentNotifier:
    name = "silent"

    def show(self, suggestion: Suggestion, why_events: Sequence[Event], on_outcome: OnOutcome) -> None: ...

    def withdraw(self, suggestion_id: int) -> None: ...

    def close(self) -> None: ...


class Pipeline:
    """Everything between the senses and the disk, with a proposer (a fake) that repeats what it was shown."""

    def __init__(self, paths: Paths) -> None:
        self.clock, settings = FakeClock(), Settings(decision={"every_events": 1}, delivery={"shadow": True})
        self.gate = PrivacyGate(settings.privacy, Consent(typed="most", at=1.0, version=1))
        self.store: Store = open_store(paths, self.clock, settings.storage)
        self.questions: list[Question] = []
        ids = time_ids(self.clock)
        narrator = Narrator(settings.narration, ids, utc_offset_min=lambda: 0)
        self.core = Core(
            Parts(
                settings=settings,
                clock=self.clock,
                ids=ids,
                narrator=narrator,
                gate=EagerGate(),
                rows=self.store.writer,
                notifier=SilentNotifier(),
                ask=self.questions.append,
                offers=[],
            )
        )

    def see(self, observation: Observation) -> None:
        self.core.feed(self.gate.admit(observation, TEXT))

    def wait(self, seconds: float) -> None:
        self.clock.tick(seconds)
        self.core.tick()
        for question in self.questions:
            said = question.context.events[-1].sentence[:300]
            self.core.proposed(question, Proposal(tasks=(Task(task=said, response=said),)))
        self.questions.clear()

    def window(self, title: str) -> None:
        self.see(WindowFocus(at=self.clock.now(), app="Editor", title=title, window=title[:5], pid=1))
        self.wait(6.0)

    def type(self, text: str, *, at_once: bool) -> None:
        for line in text.splitlines(keepends=True):
            body = line.rstrip("\n")
            for run in [body] if at_once else body:
                self.see(KeyText(at=self.clock.now(), text=run))
                self.wait(0.11)
            if line != body:
                self.see(KeyNamed(at=self.clock.now(), key="Enter"))
        self.wait(40.0)


@pytest.fixture
def paths(tmp_path: Path) -> Iterator[Paths]:
    paths = under(tmp_path / "p").make()
    root, handler = logging.getLogger(), logging.FileHandler(paths.logs / "engine.log")
    before = root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    yield paths
    root.setLevel(before)
    root.removeHandler(handler)
    handler.close()


def leaked(paths: Paths) -> list[str]:
    files = [path for folder in (paths.data, paths.logs) for path in folder.rglob("*") if path.is_file()]
    assert any(path.name.endswith("-wal") for path in files)
    stored = b"".join(path.read_bytes() for path in files)
    found = []
    for secret in SECRETS:
        if len(secret.secret) < 6:
            continue  # three digits occur in any file; test_redaction has them
        forms = {secret.secret, json.dumps(secret.secret)[1:-1], json.dumps(secret.secret, ensure_ascii=False)[1:-1]}
        if any(form.encode() in stored for form in forms):
            found.append(f"{secret.kind}: {secret.text!r}")
    return found


@pytest.mark.parametrize("way", ["typed key by key", "typed or pasted at once", "in a title"])
def test_no_secret_of_the_corpus_reaches_the_disk(paths: Paths, way: str) -> None:
    pipeline = Pipeline(paths)
    pipeline.window("notes.txt")
    for secret in SECRETS if way != "typed key by key" else SECRETS[::3]:
        if way == "in a title":
            pipeline.window(secret.text)
        else:
            pipeline.type(secret.text, at_once=way != "typed key by key")
            pipeline.window(f"{secret.kind}.txt")
    assert pipeline.store.writer.flush(20.0)
    found = leaked(paths)
    pipeline.core.close()
    pipeline.store.close()
    assert not found, "\n".join(found)


def test_the_search_would_find_one(paths: Paths, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the gate's redaction the same search finds secrets: the test above can fail."""
    pipeline = Pipeline(paths)
    pipeline.see(WindowFocus(at=pipeline.clock.now(), app="Editor", title="notes.txt", window="1", pid=1))
    logging.getLogger("assistant.test").debug("%s", SECRETS[0].text)
    assert pipeline.store.writer.flush(20.0)
    assert leaked(paths) == [f"{SECRETS[0].kind}: {SECRETS[0].text!r}"]
    pipeline.store.close()
