"""Putting the screen together: who keeps the answers, what is walked through, who drafts; and the command line."""

from __future__ import annotations

import json
from contextlib import closing
from pathlib import Path

import filelock
import pytest

from assistant import annotating
from assistant.annotating import Drafting, Keeper, Wish, annotate
from assistant.annotation.points import Points
from assistant.cli import main
from assistant.clock import FakeClock
from assistant.errors import EnvironmentFault, SetupError
from assistant.paths import Paths, default_paths
from assistant.settings import ModelOptions, Settings
from assistant.store import open_reader
from assistant.store.annotations import Kept, all_annotations, all_candidates
from assistant.traces import OWN, Additions, Annotation, Said, TraceEvent, make_candidate, make_trace
from models.fake_runtime import FakeModel
from models.proposer import GgufProposer, Training
from ui.annotate_window import FakeAnnotateWindow

TRACE = make_trace(
    "knots",
    "proactivebench",
    [TraceEvent(time=str(n), event=f"The user searches for 'knot {n}' on Google.") for n in range(3)],
    1.0,
)
TASKS = tuple(make_candidate(TRACE.id, 1, n, f"Show knot {n}", source="trace", at=1.0) for n in range(2))
ROW = Annotation(answer=1, trace_id=TRACE.id, position=1, annotator="ada", at=1.0, said=Said.SKIPPED)


@pytest.fixture
def paths() -> Paths:
    return default_paths()


@pytest.fixture
def keeper(paths: Paths, clock: FakeClock) -> Keeper:
    made = Keeper(paths, Settings(), clock)
    assert made.keep(Additions(traces=(TRACE,), candidates=TASKS)) == Kept(stored=3, refused=0)
    return made


def test_answers_are_kept_alone_while_nothing_runs_and_the_lock_is_free_in_between(
    paths: Paths, keeper: Keeper
) -> None:
    assert keeper.keep(Additions(annotations=(ROW,))) == Kept(stored=1, refused=0)
    with filelock.FileLock(paths.lock).acquire(timeout=0), pytest.raises(SetupError, match="already running"):
        keeper.keep(Additions(annotations=(ROW,)))
    with open_reader(paths.database) as reader:
        assert all_annotations(reader) == [ROW]


def test_a_running_engine_is_asked_instead(paths: Paths, keeper: Keeper, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[Additions] = []

    def ask(_paths: Paths, verb: str, **args: object) -> dict[str, int]:
        assert verb == "annotate"
        asked.append(Additions.model_validate(json.loads(json.dumps(args))))
        return {"stored": 1, "refused": 2}

    monkeypatch.setattr(annotating.client, "running", lambda _paths: True)
    monkeypatch.setattr(annotating.client, "ask", ask)
    assert keeper.keep(Additions(annotations=(ROW,))) == Kept(stored=1, refused=2)
    assert asked == [Additions(annotations=(ROW,))]


def test_a_database_that_cannot_be_written_is_said(paths: Paths, keeper: Keeper) -> None:
    paths.database.write_bytes(b"no database" * 999)
    with pytest.raises(EnvironmentFault, match="cannot be written"):
        keeper.keep(Additions(annotations=(ROW,)))


def drafting(paths: Paths, keeper: Keeper, clock: FakeClock, count: int, says: str) -> tuple[Drafting, Points, list]:
    made = []

    def make() -> GgufProposer:
        made.append(1)
        model = FakeModel({"Proactive Task": says})
        return GgufProposer(model, ModelOptions(), name="fake", training=Training())

    points = Points(open_reader(paths.database))
    return Drafting(points, keeper, clock, make, count), points, made


def test_drafts_are_written_stored_and_told_apart(paths: Paths, keeper: Keeper, clock: FakeClock) -> None:
    drafter, points, made = drafting(paths, keeper, clock, 3, "Explain the knot.")
    silent, asked, _ = points.imported([TRACE.id], silent=True)
    assert made == []  # the model is loaded when it is wanted
    (draft,) = drafter(asked)
    assert (draft.task, draft.place, draft.source, draft.at) == ("Explain the knot.", 2, "draft: fake", clock.now())
    assert [one.position for one in drafter(silent)] == [0]
    assert made == [1]
    with open_reader(paths.database) as reader:
        assert [one.task for one in all_candidates(reader, TRACE.id) if one.position == 1][2] == "Explain the knot."


def test_a_draft_that_is_there_already_is_none(paths: Paths, keeper: Keeper, clock: FakeClock) -> None:
    drafter, points, _ = drafting(paths, keeper, clock, 3, "show KNOT 1")
    assert drafter(points.imported([TRACE.id])[0]) == []


@pytest.mark.parametrize(
    ("wish", "said"),
    [
        (Wish(), "no candidate tasks"),
        (Wish(traces=("kettle",)), "'kettle'"),
        (Wish(files=(Path("nowhere.json"),)), "cannot be read"),
    ],
)
def test_what_cannot_be_annotated_is_said(paths: Paths, clock: FakeClock, wish: Wish, said: str) -> None:
    with pytest.raises(SetupError, match=said) as caught:
        annotate(paths, Settings(), clock, wish)
    assert caught.value.hint


class Typist(FakeAnnotateWindow):
    """A window with somebody at it who presses a few keys."""

    def __init__(self, *keys: str) -> None:
        super().__init__()
        self._keys = keys

    def run(self, on_message, on_crash) -> None:
        self._on_message = on_message
        for key in ("ready", *self._keys, "quit"):
            self.say("toggle" if key.isdigit() else key, number=int(key) if key.isdigit() else 0)
        self._closed.wait(10)


def sit_down(monkeypatch: pytest.MonkeyPatch, *keys: str) -> None:
    monkeypatch.setattr("ui.annotate_window.make_window", lambda: Typist(*keys))
    monkeypatch.setattr("signal.signal", lambda *_: None)  # the test runner keeps its own
    monkeypatch.setattr("assistant.commands.annotate.log_to", lambda _file: None)  # the same


def run(capsys: pytest.CaptureFixture[str], *args: str) -> str:
    with pytest.raises(SystemExit) as ended:
        main(list(args))
    out = capsys.readouterr()
    assert ended.value.code == 0, out.err
    return out.out


def test_from_a_file_to_a_report(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = [
        {
            "observation": {"time": str(n), "event": f"The user ties knot {n}."},
            "agent_response": {"candidate_task": [f"Show knot {n}", "Buy rope"] if n else []},
        }
        for n in range(3)
    ]
    file = tmp_path / "knots.json"
    file.write_text(json.dumps(rows))
    sit_down(monkeypatch, "1", "next", "skip")
    assert "1 of 2 points answered, 1 skipped by ada." in run(capsys, "annotate", str(file), "--as", " ada ")
    sit_down(monkeypatch, "1", "next", "none", "next")
    assert "2 of 2 points answered" in run(capsys, "annotate", "--trace", "all", "--as", "bob")
    sit_down(monkeypatch, "2", "next")
    assert "2 of 2 points answered" in run(capsys, "annotate", "--trace", "knots", "--as", "ada", "--skipped")

    shown = run(capsys, "annotate", "--report")
    assert "knots: 2 points, 6 judgements  MN 1  CR 1  CD 1  FA 3" in shown
    assert "ada and bob agree on 4 of 6 (66.7 %)" in shown
    # By hand: yy, nn, nn and yn, nn, yn: n = 12, yes 4 and no 8 times: 1 - 11 * 4 / (2 * 4 * 8).
    found = json.loads(run(capsys, "annotate", "--report", "--json"))
    assert found["overall"]["alpha"] == pytest.approx(1 - 11 * 4 / 64)
    assert found["overall"]["annotators"]["ada"] == {"points": 2, "accepted": 2, "none": 0, "skipped": 0}
    assert found["overall"]["classes"] == {"MN": 1, "CR": 1, "CD": 1, "FA": 3}


def test_nothing_annotated_is_said(capsys: pytest.CaptureFixture[str], paths: Paths, clock: FakeClock) -> None:
    Keeper(paths, Settings(), clock)
    assert "Nothing has been annotated yet." in run(capsys, "annotate", "--report")


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (["--report"], "no database"),
        (["--as", "  "], "annotator's name"),
        (["--as", "x" * 81], "annotator's name"),
        (["--day", "2026-01-01", "--trace", "all"], "your own record"),
        (["--draft", "9"], "9 is not in the range"),
    ],
)
def test_mistakes_are_explained(capsys: pytest.CaptureFixture[str], args: list[str], said: str) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["annotate", *args])
    assert ended.value.code != 0
    assert said in capsys.readouterr().err


def test_a_refused_draft_is_not_shown(paths: Paths, keeper: Keeper, clock: FakeClock) -> None:
    drafter, points, _ = drafting(paths, keeper, clock, 3, "Explain the knot.")
    (stop,) = points.imported([TRACE.id])
    with closing(annotating.open_store(paths, clock, Settings().storage)) as store:
        store.forget_all()
    assert drafter(stop) == []
    assert OWN not in points.traces
