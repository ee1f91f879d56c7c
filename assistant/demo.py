"""The whole pipeline over a bundled sample day, anywhere, with the real model: gate, narrator, store, decision."""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence

import click

from assistant.clock import FakeClock, SystemClock, time_ids
from assistant.engine.core import Core, Parts, Question
from assistant.events import Decision, Event, Observation, Outcome, OutcomeKind, Suggestion
from assistant.narrator import Narrator
from assistant.paths import Paths, default_paths
from assistant.policy.consent import Consent
from assistant.policy.privacy import PrivacyGate
from assistant.ports import Context, FieldFocus, FieldKind, Notifier, OnOutcome, Proposal, Proposer
from assistant.sample_day import BEGINS_S, load_sample_day
from assistant.settings import Settings, load_settings
from assistant.store import Store, open_store
from ui.terminal import TerminalNotifier

# The morning of a Monday (2026-01-05): the sample day has no date of its own.
_START = 1_767_571_200.0 + BEGINS_S
_TYPED = FieldFocus(kind=FieldKind.TEXT, how="sample")


class Replay:
    """A day of observations through gate, narrator, store, decision and notifier, on the day's own clock."""

    def __init__(
        self, settings: Settings, store: Store, proposer: Proposer, notifier: Notifier, clock: FakeClock
    ) -> None:
        from models.shipped import default_gate

        self.store, self._proposer, self._clock = store, proposer, clock
        self._deadline_s = settings.model.deadline_s
        self._privacy = PrivacyGate(settings.privacy, Consent(typed="most", at=clock.now(), version=1))
        ids = time_ids(clock)
        self._questions: list[Question] = []
        narrator = Narrator(settings.narration, ids, utc_offset_min=clock.utc_offset_min)
        self.core = Core(
            Parts(
                settings=settings,
                clock=clock,
                ids=ids,
                narrator=narrator,
                gate=default_gate(settings.decision.gate),
                rows=store.writer,
                notifier=notifier,
                ask=self._questions.append,
                offers=[],
                chance=lambda: 1.0,  # the sample day is the same each time
            )
        )

    def step(self, observation: Observation) -> list[Decision]:
        """Let time pass until ``observation``, take it in, and return the decisions made on the way."""
        decided: list[Decision] = []
        while self._clock.now() < observation.at:
            self._clock.tick(min(1.0, observation.at - self._clock.now()))
            decided += self._tick()
        self.core.feed(self._privacy.admit(observation, _TYPED))
        return decided + self._tick()

    def _tick(self) -> list[Decision]:
        before = self.core.last_decision
        self.core.tick()
        while self._questions:
            question = self._questions.pop(0)
            self.core.proposed(question, self._proposer.propose(question.context, deadline_s=self._deadline_s))
        after = self.core.last_decision
        return [after] if after is not None and after is not before else []


class _Screen:
    """The terminal: asks there, or just prints. Answers carry the day's time, not the wall's."""

    name = "terminal"

    def __init__(self, clock: FakeClock, terminal: TerminalNotifier | None) -> None:
        self._clock, self._terminal = clock, terminal

    def show(self, suggestion: Suggestion, why_events: Sequence[Event], on_outcome: OnOutcome) -> None:
        if self._terminal is None:
            click.secho(f"    → {suggestion.task.task}", fg="cyan", bold=True)
            ignored = Outcome(suggestion_id=suggestion.id, kind=OutcomeKind.IGNORED, at=self._clock.now())
            on_outcome(ignored.model_copy(update={"source": "terminal"}))
            return
        given: list[Outcome] = []
        self._terminal.show(suggestion, why_events, given.append)
        self._terminal.wait()
        for outcome in given:
            on_outcome(outcome.model_copy(update={"at": self._clock.now()}))

    def withdraw(self, suggestion_id: int) -> None:
        """Nothing to take away: each answer is waited for."""

    def close(self) -> None:
        """Nothing to close."""


def play_sample_day(paths: Paths, answers: str | None, limit: int | None) -> None:
    """Play the sample day (its first ``limit`` observations) into ``paths``; ``answers``: ``ask`` or ``none``."""
    from models.proposer import make_proposer

    day = load_sample_day(_START)[:limit]
    clock = FakeClock(now=day[0].at)
    settings = load_settings(None)
    store = open_store(paths, clock, settings.storage)
    # The base model is requantized once; the demo shares the real cache so that the next start is quick.
    proposer = make_proposer(settings.model, default_paths().make())
    screen = _screen(answers or ("ask" if sys.stdin.isatty() else "none"), clock, settings.delivery.popup_s)
    try:
        _play(Replay(settings, store, proposer, screen, clock), day)
    finally:
        proposer.close()
        store.close()


def _screen(answers: str, clock: FakeClock, popup_s: float) -> _Screen:
    return _Screen(clock, TerminalNotifier(SystemClock(), popup_s=popup_s) if answers == "ask" else None)


def _play(replay: Replay, day: Sequence[Observation]) -> None:
    click.echo(f"{len(day)} observations of one sample day. Each line is a decision: time, verdict, reason.\n")
    started, spoken, silent = time.monotonic(), 0, 0
    for observation in day:
        for decision in replay.step(observation):
            spoken += decision.speak
            silent += not decision.speak
            click.echo(_line(decision))
    replay.core.close()
    replay.store.writer.flush(10.0)
    counts = replay.core.counts
    click.echo(
        f"\n{len(day)} observations became {counts['events']} events; {spoken + silent} decisions: "
        f"{spoken} times it spoke, {silent} times it stayed silent ({time.monotonic() - started:.0f} s)."
    )


def _line(decision: Decision) -> str:
    clock = time.strftime("%H:%M:%S", time.gmtime(decision.time))
    verdict = click.style("SPEAK ", fg="cyan", bold=True) if decision.speak else click.style("silent", dim=True)
    p_help = "" if decision.p_help is None else f" p={decision.p_help:.2f}"
    return f"{clock} {verdict}{p_help} [{decision.trigger}/{decision.stage}] {decision.reason}"


class _NoModel:
    """Offers nothing: for filling a store with days."""

    name = "none"

    def propose(self, *_: object, **__: object) -> Proposal:
        return Proposal(reason="no model was asked")

    def warm(self, context: Context) -> None:
        """Nothing to read ahead."""

    def cancel(self) -> None:
        """Nothing to cancel."""

    def close(self) -> None:
        """Nothing to free."""


def fill_with_sample_days(paths: Paths, observations: int) -> int:
    """Store sample days, one after the other, until ``observations`` were taken in; returns how many it were."""
    settings, start, taken = load_settings(None), _START, 0
    clock = FakeClock(now=start)
    store = open_store(paths, clock, settings.storage)
    replay = Replay(settings, store, _NoModel(), _Screen(clock, None), clock)
    while taken < observations:
        for observation in load_sample_day(start)[: observations - taken]:
            replay.step(observation)
            taken += 1
        start += 86_400.0
    replay.core.close()
    store.close()
    return taken
