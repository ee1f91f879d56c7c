"""Labels out of the store: every verdict with the context that it was given in, rebuilt."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Hashable, Iterable, Sequence

from assistant.context import build_context
from assistant.events import Decision, Outcome, OutcomeKind, Suggestion
from assistant.labels import WRONG, Label, make_label, worth
from assistant.ports import Context, PastOffer
from assistant.published import as_event
from assistant.settings import DecisionOptions
from assistant.store import Reader
from assistant.votes import Moment, Vote

SHADOW = "shadow"
"""Source of verdicts on suggestions that were never shown, given in a review."""


def read_labels(reader: Reader, options: DecisionOptions | None = None) -> list[Label]:
    """Every verdict as a label, oldest first: the owner's, and those of annotators. Nothing is left out.

    Several verdicts on one suggestion are several labels; :func:`newest` keeps the last word.
    """
    return sorted([*vote_labels(reader), *owner_labels(reader, options)], key=lambda label: label.at)


def newest(labels: Iterable[Label]) -> list[Label]:
    """Only the newest verdict per suggestion (or missed moment, or annotated task) and annotator, oldest first."""
    kept: dict[Hashable, Label] = {}
    for label in sorted(labels, key=lambda label: label.at):
        about = _about(label)
        kept.pop(about, None)  # a later word goes to the end
        kept[about] = label
    return list(kept.values())


def _about(label: Label) -> Hashable:
    if label.suggestion_id is not None or label.decision_id is not None:
        decision = (label.decision_id, label.task) if label.suggestion_id is None else None  # the task: a draft
        return label.annotator, label.suggestion_id, decision
    return label.annotator, label.task, label.context.now, tuple(event.sentence for event in label.context.events)


# --------------------------------------------------------------------------- the owner's own


def owner_labels(reader: Reader, options: DecisionOptions | None = None) -> list[Label]:
    """The owner's verdicts on suggestions, and missed moments, oldest first.

    A verdict whose decision or events are gone (retention, forgotten) is gone with them. The events of a context are
    as they are stored now: one that was still growing at the decision has its final sentence.
    """
    outcomes = reader.all_outcomes()
    suggestions = {one.id: one for one in reader.suggestions_since(0.0)}
    wanted = {_decision_id(outcome, suggestions) for outcome in outcomes} - {0}
    contexts = _Contexts(reader, reader.decisions_by_ids(sorted(wanted)), suggestions.values(), outcomes, options)
    labels = []
    for outcome in outcomes:
        found = contexts.at(_decision_id(outcome, suggestions))
        if found is not None and found[1].events:
            labels.append(_owner_label(outcome, suggestions.get(outcome.suggestion_id), *found))
    return labels


def contexts_of(
    reader: Reader, decision_ids: Iterable[int], options: DecisionOptions | None = None
) -> dict[int, Context]:
    """What those decisions (the ones that still exist) were made from, by their ids."""
    decisions = reader.decisions_by_ids(sorted(set(decision_ids)))
    contexts = _Contexts(reader, decisions, reader.suggestions_since(0.0), reader.all_outcomes(), options)
    return {decision.id: found[1] for decision in decisions if (found := contexts.at(decision.id)) is not None}


def _decision_id(outcome: Outcome, suggestions: dict[int, Suggestion]) -> int:
    suggestion = suggestions.get(outcome.suggestion_id)
    return suggestion.decision_id if suggestion is not None else outcome.decision_id


def _owner_label(outcome: Outcome, suggestion: Suggestion | None, decision: Decision, context: Context) -> Label:
    task = suggestion.task.task if suggestion is not None else ""
    label = make_label(context, outcome.kind, at=outcome.at, task=task, reason=outcome.reason)
    update = {
        "source": outcome.source,
        "model": outcome.model or decision.model,
        "propensity": decision.propensity if outcome.propensity is None else outcome.propensity,
        "suggestion_id": suggestion.id if suggestion is not None else None,
        "decision_id": decision.id,
    }
    return label.model_copy(update=update)


class _Contexts:
    """Rebuilds what a decision was made from: its events, and the offers and answers known by then."""

    def __init__(
        self,
        reader: Reader,
        decisions: Sequence[Decision],
        suggestions: Iterable[Suggestion],
        outcomes: Iterable[Outcome],
        options: DecisionOptions | None,
    ) -> None:
        self._options = options or DecisionOptions()
        self._decisions = {decision.id: decision for decision in decisions}
        ids = {id_ for decision in decisions for id_ in decision.event_ids}
        self._events = {event.id: event for event in reader.events_by_ids(sorted(ids))}
        self._suggestions = sorted(suggestions, key=lambda one: one.time)
        self._times = [one.time for one in self._suggestions]
        self._answers: dict[int, list[Outcome]] = defaultdict(list)
        for outcome in outcomes:
            if outcome.source != SHADOW:
                self._answers[outcome.suggestion_id].append(outcome)
        self._built: dict[int, Context] = {}

    def at(self, decision_id: int) -> tuple[Decision, Context] | None:
        decision = self._decisions.get(decision_id)
        if decision is None:
            return None
        if decision_id not in self._built:
            self._built[decision_id] = self._build(decision)
        return decision, self._built[decision_id]

    def _build(self, decision: Decision) -> Context:
        now = decision.time
        offers = build_context((), self._offers(decision), now=now, trigger=decision.trigger, options=self._options)
        events = tuple(self._events[id_] for id_ in decision.event_ids if id_ in self._events)
        return offers.model_copy(update={"events": events})

    def _offers(self, decision: Decision) -> list[PastOffer]:
        since = bisect_left(self._times, decision.time - self._options.context_age_s)
        recent = self._suggestions[since : bisect_right(self._times, decision.time)]
        offers = (_offer(one, self._answers[one.id], decision.time) for one in recent if one.decision_id != decision.id)
        return [offer for offer in offers if offer is not None]


def _offer(suggestion: Suggestion, answers: Iterable[Outcome], now: float) -> PastOffer | None:
    """The suggestion as it was known at ``now``; None while it was not seen."""
    offer = PastOffer(time=suggestion.time, task=suggestion.task.task)
    for outcome in answers:
        if outcome.at <= now:
            reason = outcome.reason or offer.reason
            update = {"outcome": outcome.kind.value, "reason": reason, "answered_at": outcome.at}
            offer = offer.model_copy(update=update)
    unseen = offer.outcome == OutcomeKind.UNSEEN or not (offer.outcome or suggestion.shown)
    return None if unseen else offer


# --------------------------------------------------------------------------- annotators'


def vote_labels(reader: Reader) -> list[Label]:
    """What annotators said, in the order it came in. The owner's own exported verdicts are not counted twice."""
    own = reader.meta("pseudonym")
    moments = {moment.key: moment for moment in reader.moments()}
    of: dict[tuple[str, str], list[Vote]] = defaultdict(list)
    for vote in reader.votes():
        if vote.moment in moments and not (vote.annotator == own and vote.source == "import"):
            of[vote.moment, vote.annotator].append(vote)
    return [label for (key, _), votes in of.items() for label in _vote_labels(moments[key], votes)]


def _vote_labels(moment: Moment, votes: Sequence[Vote]) -> list[Label]:
    """Labels of one annotator at one moment. Wanting any task there means that help was wanted.

    "One of these was right" counts once, for the gate, whatever the number of tasks.
    """
    context = moment_context(moment)
    wants = any(vote.task and vote.accepted is not False for vote in votes)
    labels, undecided = [], False
    for vote in votes:
        if vote.accepted is None and undecided:
            continue
        undecided = undecided or vote.accepted is None
        label = _vote_label(context, vote, wants=wants)
        labels.append(label.model_copy(update={"source": vote.source, "annotator": vote.annotator}))
    return labels


def _vote_label(context: Context, vote: Vote, *, wants: bool) -> Label:
    if vote.accepted is None:
        label = make_label(context, OutcomeKind.ACCEPTED, at=vote.at)
        return label.model_copy(update={"accepted": None, "accepted_weight": 0.0})
    if not vote.task:  # silence: right, or wrong
        if not vote.accepted:
            return make_label(context, OutcomeKind.MISSED, at=vote.at)
        label = make_label(context, OutcomeKind.REJECTED, at=vote.at)
        return label.model_copy(update={"wanted_weight": 1.0, "accepted": None, "accepted_weight": 0.0})
    if vote.accepted:
        return make_label(context, OutcomeKind.ACCEPTED, at=vote.at, task=vote.task)
    judged = worth(OutcomeKind.REJECTED, WRONG)._asdict() | ({"wanted": None, "wanted_weight": 0.0} if wants else {})
    return make_label(context, OutcomeKind.REJECTED, at=vote.at, task=vote.task).model_copy(update=judged)


def moment_context(moment: Moment) -> Context:
    """The context of a moment that is not the owner's own; the ids of its events count from 1."""
    events = tuple(as_event(number, one.model_dump()) for number, one in enumerate(moment.observed))
    return Context(events=events, now=events[-1].time if events else 0.0)
