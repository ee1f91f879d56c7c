"""The context of a decision that was made earlier, put together again from the store."""

from __future__ import annotations

from assistant.events import Decision
from assistant.ports import Context, PastOffer
from assistant.store.queries import Reader

# Offers that a context may hold (settings: decision.context_offers, context_age_s, at their defaults).
OFFERS, AGE_S = 10, 7_200.0
_ALL = 1_000_000


def all_offers(reader: Reader) -> list[PastOffer]:
    """Every suggestion with its latest outcome, oldest first: read once for many contexts."""
    return reader.past_offers(_ALL)


def past_context(reader: Reader, decision: Decision, offers: list[PastOffer]) -> Context:
    """What the decision was made from: without what was forgotten since, and without what only came later.

    :param offers: see :func:`all_offers`.
    """
    seen = [_as_it_was(offer, decision.time) for offer in offers if decision.time - AGE_S <= offer.time < decision.time]
    return Context(
        events=tuple(reader.events_by_ids(decision.event_ids)),
        offers=tuple(seen[-OFFERS:]),
        now=decision.time,
        trigger=decision.trigger,
    )


def _as_it_was(offer: PastOffer, now: float) -> PastOffer:
    if not offer.outcome or offer.answered_at <= now:
        return offer
    return offer.model_copy(update={"outcome": "", "reason": "", "answered_at": 0.0})
