"""Labels out of the store: each outcome with the suggestion, the decision and the context that it was given in."""

from __future__ import annotations

from assistant.labels import Label, make_label
from assistant.past import all_offers, past_context
from assistant.store.queries import Reader

_ALL = 1_000_000


def read_labels(reader: Reader) -> list[Label]:
    """Every verdict, oldest first; those whose events are all forgotten have an empty context."""
    offers, found = all_offers(reader), []
    for item in reader.history(_ALL):
        decision = reader.decision(item.suggestion.decision_id)
        if decision is None:
            continue
        context = past_context(reader, decision, offers)
        for outcome in item.outcomes:
            label = make_label(
                context, outcome.kind, at=outcome.at, task=item.suggestion.task.task, reason=outcome.reason
            )
            more = {"source": outcome.source, "model": decision.model}
            ids = {"suggestion_id": item.suggestion.id, "decision_id": decision.id}
            found.append(label.model_copy(update=more | ids))
    return sorted(found, key=lambda label: label.at)
