"""One verdict as a label at the moment that it is given: what training will read later, for learning at once."""

from __future__ import annotations

from assistant.events import Decision, Outcome, OutcomeKind
from assistant.labels import Label, make_label
from assistant.ports import Context, PastOffer
from assistant.settings import DecisionOptions
from assistant.store import Reader


def label_of(outcome: Outcome, context: Context, decision: Decision, task: str) -> Label:
    """The verdict with its moment, as :func:`assistant.label_store.read_labels` gives it after a restart."""
    label = make_label(context, outcome.kind, at=outcome.at, task=task, reason=outcome.reason)
    return label.model_copy(
        update={
            "source": outcome.source,
            "model": outcome.model or decision.model,
            "propensity": decision.propensity if outcome.propensity is None else outcome.propensity,
            "suggestion_id": None if outcome.kind is OutcomeKind.MISSED else outcome.suggestion_id,
            "decision_id": decision.id,
        }
    )


def recall_label(reader: Reader, outcome: Outcome, options: DecisionOptions | None = None) -> Label | None:
    """The label of an answer to an older suggestion, its moment read back; None = that is gone."""
    suggestion = reader.suggestion(outcome.suggestion_id)
    decision = reader.decision(suggestion.decision_id) if suggestion is not None else None
    if suggestion is None or decision is None or not (events := reader.events_by_ids(decision.event_ids)):
        return None
    chosen = options or DecisionOptions()
    past = reader.past_offers(limit=1_000, since=decision.time - chosen.context_age_s)
    offers = [_known_then(offer, decision.time) for offer in past if offer.time < decision.time]
    kept = offers[-chosen.context_offers :] if chosen.context_offers else []
    context = Context(events=tuple(events), offers=tuple(kept), now=decision.time, trigger=decision.trigger)
    return label_of(outcome, context, decision, suggestion.task.task)


def _known_then(offer: PastOffer, now: float) -> PastOffer:
    """Without an answer that came later."""
    if offer.answered_at <= now:
        return offer
    return offer.model_copy(update={"outcome": "", "reason": "", "answered_at": 0.0})
