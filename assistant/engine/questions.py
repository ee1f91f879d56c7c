"""What the proposer is asked, what waits to be shown, and the decision that is written down about either."""

from __future__ import annotations

from dataclasses import dataclass

from assistant.events import Decision, Suggestion
from assistant.ports import Context, Proposal, Verdict


@dataclass(frozen=True)
class Question:
    """What the proposer is asked, with what led to it."""

    decision_id: int
    context: Context
    verdict: Verdict
    gate_ms: float
    propensity: float | None = None


@dataclass(frozen=True)
class Held:
    """A suggestion that waits for a better moment."""

    suggestion: Suggestion
    decision: Decision


def decision_of(
    question: Question, stage: str, reason: str, proposal: Proposal | None, *, gate: str, speak: bool
) -> Decision:
    """The row of a decision: where it ended (``stage``), why, and every number that led there."""
    verdict, context = question.verdict, question.context
    return Decision(
        id=question.decision_id,
        time=context.now,
        trigger=context.trigger,
        speak=speak,
        reason=reason,
        stage=stage,
        p_help=verdict.p_help,
        p_accept=proposal.p_accept[0] if proposal is not None and proposal.p_accept else None,
        threshold=verdict.threshold,
        event_ids=tuple(event.id for event in context.events),
        features=dict(verdict.features),
        model=proposal.model if proposal is not None else "",
        gate_ms=round(question.gate_ms, 3),
        proposer_ms=round(proposal.ms, 1) if proposal is not None else None,
        gate=gate,
        propensity=question.propensity,
    )
