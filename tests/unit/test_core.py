"""The engine's logic with fakes around it: what is decided, stored, shown and remembered."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pytest

from assistant.clock import FakeClock, counting_ids
from assistant.engine.core import Core, Parts, Question
from assistant.events import (
    Event,
    Gap,
    IdleChanged,
    KeyText,
    Observation,
    Outcome,
    OutcomeKind,
    PrivateChanged,
    Suggestion,
    Task,
    WindowFocus,
)
from assistant.ports import Context, OnOutcome, Proposal, Verdict
from assistant.settings import Settings
from assistant.store.ops import Op, PutDecision, PutEvent, PutGap, PutMark, PutOutcome, PutSuggestion


class FakeNarrator:
    """One closed event per window observation."""

    def __init__(self) -> None:
        self.ids = counting_ids(10)

    def feed(self, observation: Observation) -> list[Event]:
        if not isinstance(observation, WindowFocus):
            return []
        sentence = f"The user switches to '{observation.title}'."
        return [Event(id=self.ids(), time=observation.at, sentence=sentence, type="switch", source="window")]

    def tick(self, now: float) -> list[Event]:
        return []

    def flush(self, now: float) -> list[Event]:
        return []

    def forget(self) -> None: ...


class FakeGate:
    name = "fake"

    def __init__(self) -> None:
        self.p_help = 0.9
        self.contexts: list[Context] = []

    def judge(self, context: Context) -> Verdict:
        self.contexts.append(context)
        return Verdict(p_help=self.p_help, threshold=0.5, reason="because")


class FakeRows:
    def __init__(self) -> None:
        self.ops: list[Op] = []

    def submit(self, *ops: Op, on_commit: Callable[[], None] | None = None) -> bool:
        self.ops += ops
        if on_commit is not None:
            on_commit()
        return True

    def of(self, kind: type) -> list:
        return [op for op in self.ops if isinstance(op, kind)]


class FakeNotifier:
    name = "fake"

    def __init__(self) -> None:
        self.shown: list[Suggestion] = []
        self.withdrawn: list[int] = []
        self.on_outcome: OnOutcome | None = None

    def show(self, suggestion: Suggestion, why_events: Sequence[Event], on_outcome: OnOutcome) -> None:
        self.shown.append(suggestion)
        self.on_outcome = on_outcome

    def withdraw(self, suggestion_id: int) -> None:
        self.withdrawn.append(suggestion_id)

    def close(self) -> None: ...


class Bench:
    """A core with its fakes."""

    def __init__(self, **delivery: object) -> None:
        self.clock, self.gate, self.rows, self.notifier = FakeClock(), FakeGate(), FakeRows(), FakeNotifier()
        self.questions: list[Question] = []
        settings = Settings(
            decision={"every_events": 1, "min_interval_s": 0.0},
            delivery={"cooldown_s": 0.0, **delivery},
        )
        self.core = Core(
            Parts(
                settings=settings,
                clock=self.clock,
                ids=counting_ids(1_000),
                narrator=FakeNarrator(),
                gate=self.gate,
                rows=self.rows,
                notifier=self.notifier,
                ask=self.questions.append,
                offers=[],
            )
        )

    def window(self, title: str = "a.py", *, fullscreen: bool = False) -> None:
        self.clock.tick(10.0)
        self.core.feed([WindowFocus(at=self.clock.now(), app="Code", title=title, fullscreen=fullscreen)])
        self.core.tick()

    def propose(self, task: str = "Explain the error.") -> None:
        tasks = (Task(task=task),) if task else ()
        self.core.proposed(self.questions.pop(0), Proposal(tasks=tasks, reason="nothing", model="m"))

    def answer(self, kind: OutcomeKind, reason: str = "") -> None:
        shown = self.notifier.shown[-1]
        assert self.notifier.on_outcome is not None
        self.notifier.on_outcome(Outcome(suggestion_id=shown.id, kind=kind, at=self.clock.now(), reason=reason))

    @property
    def decisions(self) -> list:
        return [op.decision for op in self.rows.of(PutDecision)]


@pytest.fixture
def bench() -> Bench:
    return Bench()


def test_spoken_decision_shows_and_stores(bench: Bench) -> None:
    bench.window()
    bench.propose()
    assert [s.task.task for s in bench.notifier.shown] == ["Explain the error."]
    assert bench.notifier.shown[0].shown
    assert bench.decisions[-1].speak
    assert bench.decisions[-1].stage == "shown"
    assert bench.rows.of(PutSuggestion)[-1].suggestion == bench.notifier.shown[0]


def test_silence_is_stored_with_its_reason_and_asks_no_model(bench: Bench) -> None:
    bench.gate.p_help = 0.1
    bench.window()
    assert bench.questions == []
    assert (bench.decisions[-1].speak, bench.decisions[-1].stage, bench.decisions[-1].reason) == (
        False,
        "gate",
        "because",
    )
    assert bench.decisions[-1].p_help == 0.1


def test_bad_moment_asks_no_model(bench: Bench) -> None:
    bench.window(fullscreen=True)
    assert bench.questions == []
    assert bench.decisions[-1].stage == "delivery"
    assert "fullscreen" in bench.decisions[-1].reason


def test_nothing_to_offer(bench: Bench) -> None:
    bench.window()
    bench.propose("")
    assert bench.notifier.shown == []
    assert bench.decisions[-1].stage == "proposer"


def test_nothing_changed_asks_nothing(bench: Bench) -> None:
    bench.window()
    bench.propose("")
    for _ in range(100):
        bench.clock.tick(60.0)
        bench.core.tick()
    assert len(bench.decisions) == 1


def test_outcome_is_stored_and_the_next_context_contains_it(bench: Bench) -> None:
    bench.window()
    bench.propose()
    bench.answer(OutcomeKind.REJECTED, "bad moment")
    assert bench.rows.of(PutOutcome)[-1].outcome.kind is OutcomeKind.REJECTED
    bench.window("b.py")
    offers = bench.gate.contexts[-1].offers
    assert [(offer.task, offer.outcome, offer.reason) for offer in offers] == [
        ("Explain the error.", "rejected", "bad moment")
    ]


def test_unseen_offers_are_no_part_of_the_context() -> None:
    bench = Bench(shadow=True)
    bench.window()
    bench.propose()
    assert bench.notifier.shown == []
    assert bench.rows.of(PutOutcome)[-1].outcome.kind is OutcomeKind.UNSEEN
    assert not bench.rows.of(PutSuggestion)[-1].suggestion.shown
    bench.window("b.py")
    assert bench.gate.contexts[-1].offers == ()


def test_no_popup_while_hands_are_typing(bench: Bench) -> None:
    bench.window()
    bench.core.feed([KeyText(at=bench.clock.now(), text="x")])
    bench.propose()
    assert bench.notifier.shown == []
    bench.clock.tick(2.0)
    bench.core.tick()
    assert len(bench.notifier.shown) == 1


def test_a_stale_suggestion_is_dropped_as_unseen(bench: Bench) -> None:
    bench.window()
    bench.core.feed([KeyText(at=bench.clock.now(), text="x")])
    bench.propose()
    for _ in range(100):
        bench.clock.tick(1.0)
        bench.core.feed([KeyText(at=bench.clock.now(), text="x")])
        bench.core.tick()
    assert bench.notifier.shown == []
    assert bench.rows.of(PutOutcome)[-1].outcome.kind is OutcomeKind.UNSEEN
    assert not bench.decisions[-1].speak


def test_only_one_question_at_a_time(bench: Bench) -> None:
    bench.window("a")
    bench.window("b")
    bench.window("c")
    assert len(bench.questions) == 1


def test_the_screen_is_not_taken_twice(bench: Bench) -> None:
    bench.window("a")
    bench.propose("Explain the error.")
    bench.window("b")
    assert bench.questions == []
    bench.answer(OutcomeKind.IGNORED)
    bench.window("c")
    assert len(bench.questions) == 1


def test_repeated_task_is_refused_and_its_text_kept_in_the_reason(bench: Bench) -> None:
    bench.window("a")
    bench.propose()
    bench.answer(OutcomeKind.ACCEPTED)
    bench.window("b")
    bench.propose("Explain this error")
    assert len(bench.notifier.shown) == 1
    assert "Explain this error" in bench.decisions[-1].reason


def test_gaps_and_private_stretches_are_written_down(bench: Bench) -> None:
    bench.core.feed([Gap(at=1.0, until=2.0, sense="keyboard", reason="x died")])
    bench.core.feed([PrivateChanged(at=10.0, private=True, rule="seed app: keepassxc")])
    bench.core.feed([PrivateChanged(at=25.0, private=False)])
    gaps = [op.gap for op in bench.rows.of(PutGap)]
    assert [(gap.at, gap.until, gap.reason) for gap in gaps] == [
        (1.0, 2.0, "x died"),
        (10.0, 25.0, "private: seed app: keepassxc"),
    ]


def test_rows_and_mark_are_one_submission(bench: Bench) -> None:
    acknowledged = []
    bench.core.feed([WindowFocus(at=1.0, title="a")], ("life", 7), lambda: acknowledged.append(7))
    assert bench.rows.of(PutMark)[-1] == PutMark("life", 7)
    assert len(bench.rows.of(PutEvent)) == 1
    assert acknowledged == [7]


def test_nobody_at_the_computer(bench: Bench) -> None:
    bench.core.feed([IdleChanged(at=bench.clock.now(), idle=True, since=bench.clock.now() - 180)])
    bench.window()
    assert "nobody" in bench.decisions[-1].reason


def test_forget_drops_memory(bench: Bench) -> None:
    bench.window("secret plans")
    bench.propose()
    bench.core.forget(set())
    assert bench.notifier.withdrawn == [bench.notifier.shown[0].id]
    bench.window("b")
    assert "secret plans" not in str(bench.gate.contexts[-1])


def test_a_clock_set_back_does_not_silence_it(bench: Bench) -> None:
    bench.window("a")
    bench.propose()
    bench.answer(OutcomeKind.ACCEPTED)
    bench.core.feed([KeyText(at=bench.clock.now(), text="x")])
    bench.clock.jump_wall(-7_200.0)
    bench.window("b")
    bench.propose("Compare the headphones.")
    assert len(bench.notifier.shown) == 2


def test_an_answer_of_the_model_that_comes_too_late_is_dropped(bench: Bench) -> None:
    bench.window("a")
    bench.clock.tick(3_600.0)
    bench.propose()
    assert bench.notifier.shown == []
    assert "passed" in bench.decisions[-1].reason


def test_what_was_forgotten_is_not_offered(bench: Bench) -> None:
    bench.window("secret plans")
    bench.core.forget(set())
    bench.propose("Explain the secret plans.")
    assert bench.notifier.shown == []


def test_a_stop_leaves_no_outcome_without_its_suggestion_and_no_question_without_a_decision(bench: Bench) -> None:
    bench.window("a")
    bench.core.close()
    assert "stopped" in bench.decisions[-1].reason
    other = Bench()
    other.window("a")
    other.core.feed([KeyText(at=other.clock.now(), text="x")])
    other.propose()
    other.core.close()
    stored = {op.suggestion.id for op in other.rows.of(PutSuggestion)}
    assert {op.outcome.suggestion_id for op in other.rows.of(PutOutcome)} == stored
