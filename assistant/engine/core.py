"""The loop's logic without its threads: what happens at an observation, a tick, a proposal, an answer.

Everything it needs is handed in, so the live engine, the demo and the tests run the same code.
"""

from __future__ import annotations

import logging
import random
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

from assistant.clock import Clock, IdFactory
from assistant.context import build_context
from assistant.engine.lately import Lately
from assistant.engine.presence import Presence
from assistant.engine.questions import Held, Question, decision_of
from assistant.engine.triggers import Triggers
from assistant.errors import SetupError
from assistant.events import (
    Decision,
    Event,
    Gap,
    Observation,
    Outcome,
    OutcomeKind,
    PrivateChanged,
    Suggestion,
    Task,
)
from assistant.labels import Label
from assistant.narrator import Narrator
from assistant.policy.delivery import DeliveryPolicy, Surroundings
from assistant.policy.explore import explore
from assistant.ports import Context, Gate, Notifier, PastOffer, Proposal
from assistant.settings import Settings
from assistant.store.ops import Op, PutDecision, PutEvent, PutGap, PutMark, PutOutcome, PutSuggestion

__all__ = ["Core", "Held", "Parts", "Question", "Rows"]

log = logging.getLogger(__name__)

# While somebody types, a suggestion waits until the hands rest this long (EXPERIENCE: mid-task 62 % are dismissed).
_TYPING_S = 1.5
# A key that is held down, or a command that is sent again, says "missed" once.
_AGAIN_S = 2.0


class Rows(Protocol):
    """Where rows go: the store's writer."""

    def submit(self, *ops: Op, on_commit: Callable[[], None] | None = None) -> bool: ...


@dataclass
class Parts:
    """What the core is made of."""

    settings: Settings
    clock: Clock
    ids: IdFactory
    narrator: Narrator
    gate: Gate
    rows: Rows
    notifier: Notifier
    ask: Callable[[Question], None]
    offers: list[PastOffer]
    """Earlier suggestions of the last days, oldest first."""
    labelled: Callable[[], None] = lambda: None
    """Called after an answer of the owner's is in the store."""
    chance: Callable[[], float] = field(default=random.random)
    """Even numbers in [0, 1) for exploration."""
    learn: Callable[[Label], None] | None = None
    """Is handed every verdict as a label."""
    recall: Callable[[Outcome], Label | None] = lambda _: None
    """The label of an answer to what was shown too long ago to be remembered here."""


class Core:
    """One engine's state. Not thread-safe: one thread calls it."""

    def __init__(self, parts: Parts, recent: Sequence[Event] = ()) -> None:
        self._parts = parts
        self._options = parts.settings.decision
        self._delivery = DeliveryPolicy(parts.settings.delivery)
        self.presence = Presence()
        self.triggers = Triggers(self._options)
        self._recent: dict[int, Event] = {event.id: event for event in recent}
        self._offers: dict[int, PastOffer] = {-n: offer for n, offer in enumerate(parts.offers, start=1)}
        self._asked: Question | None = None
        self._held: Held | None = None
        self._showing: int | None = None
        self._missed: Decision | None = None
        self._lately = Lately()
        self.last_decision: Decision | None = None
        self.counts: dict[str, int] = {"events": 0, "decisions": 0, "suggestions": 0, "asked": 0}

    # ------------------------------------------------------------------ in

    def feed(
        self,
        observations: Iterable[Observation],
        mark: tuple[str, int] | None = None,
        on_commit: Callable[[], None] | None = None,
    ) -> None:
        """Take in observations; their rows and ``mark`` (life, seq) are committed together, then ``on_commit``."""
        ops: list[Op] = []
        for observation in observations:
            ops += self._gaps(observation)
            self.presence.see(observation)
            ops += self._take(self._parts.narrator.feed(observation))
        if mark is not None:
            ops.append(PutMark(*mark))
        if ops or on_commit is not None:
            self._parts.rows.submit(*ops, on_commit=on_commit)

    def tick(self) -> None:
        """Let time pass: close what is over, show what was held, decide when it is due."""
        now = self._parts.clock.now()
        if ops := self._take(self._parts.narrator.tick(now)):
            self._parts.rows.submit(*ops)
        self._try_held(now)
        if self._asked is None and self._held is None and (trigger := self.triggers.due(now)):
            self._decide(now, trigger)

    def close(self) -> None:
        """Close every open event at the end of recording."""
        if ops := self._take(self._parts.narrator.flush(self._parts.clock.now())):
            self._parts.rows.submit(*ops)
        stopped = "the assistant was stopped"
        if self._asked is not None:
            question, self._asked = self._asked, None
            self._silent(question, "proposer", f"{stopped} while the model was writing")
        if self._held is not None:
            self._drop_held(self._held, stopped)

    def gap(self, sense: str, since: float, until: float, reason: str) -> None:
        """Write down a stretch that was not recorded."""
        gap = Gap(at=min(since, until), sense=sense, until=until, reason=reason)
        self.feed([gap])

    def _gaps(self, observation: Observation) -> list[Op]:
        """Rows of the gap ledger: explicit gaps, and private stretches once they end."""
        if isinstance(observation, Gap):
            return [PutGap(observation)]
        presence = self.presence
        if isinstance(observation, PrivateChanged) and presence.private and not observation.private:
            return [
                PutGap(
                    Gap(
                        at=presence.private_since,
                        until=max(observation.at, presence.private_since),
                        sense="all",
                        reason=f"private: {presence.private_rule}",
                    )
                )
            ]
        return []

    def _take(self, events: Sequence[Event]) -> list[Op]:
        if not events:
            return []
        self.triggers.see(events)
        for event in events:
            self.counts["events"] += event.id not in self._recent
            self._recent[event.id] = event
        # Twice the context: enough to fill it, and a bound on memory.
        for stale in sorted(self._recent)[: -2 * self._options.context_events]:
            del self._recent[stale]
        return [PutEvent(event) for event in events]

    # ------------------------------------------------------------------ deciding

    def _decide(self, now: float, trigger: str) -> None:
        self.triggers.decided(now)
        context = self._context(now, trigger)
        if not context.events:
            return
        self.counts["decisions"] += 1
        question = self._judged(context)
        why = self._why_not_now(now)
        allowed = why is None and not self._parts.settings.delivery.shadow
        explored = explore(question.verdict, self._options, self._parts.chance, allowed=allowed)
        verdict = question.verdict.model_copy(update={"reason": explored.reason})
        question = replace(question, verdict=verdict, propensity=explored.propensity)
        if not explored.speak:
            self._silent(question, "gate", verdict.reason)
        elif why is not None:
            self._silent(question, "delivery", why)
        else:
            self.counts["asked"] += 1
            self._asked = question
            self._parts.ask(question)

    def _context(self, now: float, trigger: str) -> Context:
        offers = [offer for offer in self._history() if offer.outcome != OutcomeKind.UNSEEN]
        return build_context(list(self._recent.values()), offers, now=now, trigger=trigger, options=self._options)

    def _judged(self, context: Context) -> Question:
        started = self._parts.clock.mono()
        verdict = self._parts.gate.judge(context)
        return Question(self._parts.ids(), context, verdict, 1000 * (self._parts.clock.mono() - started))

    def missed(self, source: str) -> int:
        """The owner says that help was wanted just now: a moment to learn from, not a suggestion.

        :return: the id of its decision; that of the last one when said again at once (a held key, a lost answer).
        :raises SetupError: nothing was seen lately that could be learned from.
        """
        now = self._parts.clock.now()
        if self._missed is not None and 0 <= now - self._missed.time < _AGAIN_S:
            return self._missed.id
        context = self._context(now, "missed")
        if not context.events:
            raise SetupError("Nothing was seen lately, so there is nothing to learn from.", hint="Work a little first.")
        reason = "you said that help was wanted here"
        self._missed = self._decision(self._judged(context), "missed", reason, None, speak=False)
        self._lately.missed(context, self._missed)
        self._keep(self._missed)
        missed = OutcomeKind.MISSED
        self.answer(Outcome(suggestion_id=0, decision_id=self._missed.id, kind=missed, at=now, source=source))
        return self._missed.id

    def proposed(self, question: Question, proposal: Proposal) -> None:
        """The proposer's answer to ``question``."""
        if self._asked is None or self._asked.decision_id != question.decision_id:
            return  # forgotten meanwhile
        self._asked = None
        now = self._parts.clock.now()
        if not 0 <= now - question.context.now <= self._parts.settings.delivery.stale_s:
            self._silent(question, "delivery", "the moment has passed", proposal)
            return
        if not proposal.tasks:
            self._silent(question, "proposer", proposal.reason or "the model has nothing to offer", proposal)
            return
        task = proposal.tasks[0]
        if (why := self._delivery.why_not_this(task.task, self._around(now), self._history())) is not None:
            self._silent(question, "delivery", f"{why} — it would have offered: {task.task}", proposal)
            return
        self._speak(question, proposal, task, now)

    def _silent(self, question: Question, stage: str, reason: str, proposal: Proposal | None = None) -> None:
        self._keep(self._decision(question, stage, reason, proposal, speak=False))

    def _speak(self, question: Question, proposal: Proposal, task: Task, now: float) -> None:
        decision = self._decision(question, "shown", question.verdict.reason, proposal, speak=True)
        suggestion = Suggestion(
            id=self._parts.ids(),
            decision_id=decision.id,
            time=now,
            task=task,
            why=question.verdict.reason,
            event_ids=decision.event_ids,
        )
        self._lately.offered(suggestion, question.context, decision)
        self._held = Held(suggestion, decision)
        self._try_held(now)

    def _decision(
        self, question: Question, stage: str, reason: str, proposal: Proposal | None, *, speak: bool
    ) -> Decision:
        return decision_of(question, stage, reason, proposal, gate=self._parts.gate.name, speak=speak)

    def _keep(self, decision: Decision, *more: Op) -> None:
        self.last_decision = decision
        self._parts.rows.submit(PutDecision(decision), *more)

    # ------------------------------------------------------------------ delivering

    def _try_held(self, now: float) -> None:
        """Show what is held once the hands rest; drop it when it has become stale (never queue up)."""
        if self._held is None:
            return
        held, options = self._held, self._parts.settings.delivery
        suggestion = held.suggestion
        if options.shadow:
            self._held = None
            self._keep(held.decision.model_copy(update={"stage": "shadow"}), PutSuggestion(suggestion))
            self._unseen(suggestion, "shadow mode: nothing is shown")
        elif not 0 <= now - suggestion.time <= options.stale_s:
            self._drop_held(held, f"no good moment within {options.stale_s:.0f} s")
        elif (why := self._why_not_now(now)) is not None:
            self._drop_held(held, why)
        elif not 0 <= now - self.presence.last_key < _TYPING_S:
            self._held = None
            self._show(suggestion, held.decision)

    def _drop_held(self, held: Held, reason: str) -> None:
        self._held = None
        update = {"stage": "delivery", "speak": False, "reason": f"held, then dropped: {reason}"}
        self._keep(held.decision.model_copy(update=update), PutSuggestion(held.suggestion))
        self._unseen(held.suggestion, reason)

    def _show(self, suggestion: Suggestion, decision: Decision) -> None:
        shown = suggestion.model_copy(update={"shown": True, "time": self._parts.clock.now()})
        self._keep(decision, PutSuggestion(shown))
        self.counts["suggestions"] += 1
        self._showing = shown.id
        self._offers[shown.id] = PastOffer(time=shown.time, task=shown.task.task)
        events = [self._recent[id_] for id_ in shown.event_ids if id_ in self._recent]
        self._parts.notifier.show(shown, events, self.answer)

    def _unseen(self, suggestion: Suggestion, reason: str) -> None:
        self._offers[suggestion.id] = PastOffer(time=suggestion.time, task=suggestion.task.task)
        self.answer(
            Outcome(
                suggestion_id=suggestion.id,
                kind=OutcomeKind.UNSEEN,
                at=self._parts.clock.now(),
                reason=reason,
                source="engine",
            )
        )

    def answer(self, outcome: Outcome) -> None:
        """The owner's answer (or its absence): stored, and part of every later context."""
        told = self._parts.labelled if outcome.kind != OutcomeKind.UNSEEN else None
        self._parts.rows.submit(PutOutcome(outcome), on_commit=told)
        if outcome.suggestion_id == self._showing:
            self._showing = None
        # What is judged in a review of shadow mode was never offered: no later context may say so.
        if outcome.source != "shadow" and (offer := self._offers.get(outcome.suggestion_id)) is not None:
            update: dict[str, Any] = {"outcome": outcome.kind.value, "reason": outcome.reason or offer.reason}
            update["answered_at"] = outcome.at
            self._offers[outcome.suggestion_id] = offer.model_copy(update=update)
        if self._parts.learn is not None:
            self._teach(self._parts.learn, outcome)

    def _teach(self, learn: Callable[[Label], None], outcome: Outcome) -> None:
        """Hand a verdict on; what fails there costs the lesson, not the answer."""
        try:
            if (label := self._lately.label(outcome) or self._parts.recall(outcome)) is not None:
                learn(label)
        except Exception:
            log.exception("an answer was stored, but could not be learned from")

    # ------------------------------------------------------------------ asking about

    def _history(self) -> list[PastOffer]:
        return sorted(self._offers.values(), key=lambda offer: offer.time)

    def _around(self, now: float) -> Surroundings:
        offset = self._parts.clock.utc_offset_min()
        return self.presence.around(now, offset, showing=self._showing is not None)

    def _why_not_now(self, now: float) -> str | None:
        return self._delivery.why_not_now(self._around(now), self._history())

    def forget(self, left: set[int]) -> None:
        """Drop from memory every event that is not in ``left``, and what was built on it."""
        if self._showing is not None:
            self._parts.notifier.withdraw(self._showing)
            self._showing = None
        self._held = self._asked = self._missed = None
        self._lately = Lately()
        self._parts.narrator.forget()
        self.triggers.clear()
        self._recent = {key: event for key, event in self._recent.items() if key in left}
        self._offers.clear()

    def status(self) -> dict[str, Any]:
        """What `assistant status` shows of the core."""
        last = self.last_decision
        return {
            "state": self.presence.word(),
            "counts": dict(self.counts),
            "showing": self._showing is not None,
            "last_decision": last.model_dump(mode="json", exclude={"features", "event_ids"}) if last else None,
        }
