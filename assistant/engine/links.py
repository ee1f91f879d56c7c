"""The engine's ends of its connections: the ui as a Notifier, and what is known of the collectors."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence

from assistant.clock import Clock
from assistant.events import Event, Outcome, OutcomeKind, Suggestion
from assistant.ipc import Peer
from assistant.messages import Batch, Painted, Show, UiReady, Withdraw
from assistant.ports import OnOutcome, SenseHealth
from assistant.settings import Settings

log = logging.getLogger(__name__)


# Which way of showing is preferred when several clients offer one (issue 2: popup, notification, terminal).
_RANK = {"popup": 0, "notification": 1, "terminal": 2}
_NOBODY = UiReady(notifier="none", reason="no process offers to show suggestions")


class UiLink:
    """A Notifier that shows through the best connected ui. Without one, or when it dies, the outcome is unseen."""

    name = "ui"

    def __init__(self, settings: Settings, clock: Clock) -> None:
        self._settings, self._clock = settings, clock
        self._peers: dict[Peer, UiReady] = {}
        self._showing_peer: Peer | None = None
        self._pending: tuple[int, OnOutcome] | None = None
        self._answered = True
        self.painted: Painted | None = None

    @property
    def ready(self) -> UiReady:
        """How suggestions are shown right now, and why so."""
        able = [ready for ready in self._peers.values() if ready.notifier in _RANK]
        if able:
            return min(able, key=lambda ready: _RANK[ready.notifier])
        return next(iter(self._peers.values()), _NOBODY)

    def _best(self) -> Peer | None:
        able = [peer for peer, ready in self._peers.items() if ready.notifier in _RANK]
        return min(able, key=lambda peer: _RANK[self._peers[peer].notifier], default=None)

    def connected(self, peer: Peer, ready: UiReady) -> None:
        """A ui says how it will show suggestions (again, when that changes)."""
        self._peers[peer] = ready

    def gone(self, peer: Peer) -> None:
        """A ui is away: what it had on the screen is no longer there."""
        if self._peers.pop(peer, None) is not None and peer is self._showing_peer:
            self._give_up("the process that showed it ended")

    def show(self, suggestion: Suggestion, why_events: Sequence[Event], on_outcome: OnOutcome) -> None:
        self._give_up("replaced by another suggestion")
        self._pending, self._answered = (suggestion.id, on_outcome), False
        message = Show(
            suggestion=suggestion,
            why_events=tuple(why_events),
            popup_s=self._settings.delivery.popup_s,
            theme=self._settings.ui.theme,
        )
        self._showing_peer = self._best()
        if self._showing_peer is None or not self._showing_peer.send(message):
            self._give_up(self.ready.reason or "there is nothing to show it with")

    def answered(self, outcome: Outcome) -> bool:
        """Pass the answer on; False when it answers nothing that we showed. A reason given later counts too."""
        if self._pending is None or self._pending[0] != outcome.suggestion_id:
            return False
        self._answered = True
        self._pending[1](outcome)
        return True

    def withdraw(self, suggestion_id: int) -> None:
        if self._showing_peer is not None:
            self._showing_peer.send(Withdraw(suggestion_id=suggestion_id))
        self._pending = None

    def close(self) -> None:
        self._peers.clear()

    def _give_up(self, reason: str) -> None:
        pending, self._pending = self._pending, None
        if pending is None or self._answered:
            return
        pending[1](
            Outcome(
                suggestion_id=pending[0],
                kind=OutcomeKind.UNSEEN,
                at=self._clock.now(),
                reason=reason,
                source="engine",
            )
        )


class CollectorsLink:
    """What is known of the collectors' process: its health, and since when it has been away."""

    def __init__(self, clock: Clock, on_gap: Callable[[float, float, str], None]) -> None:
        self._clock, self._on_gap = clock, on_gap
        self.peer: Peer | None = None
        self.health: dict[str, SenseHealth] = {}
        self._gone_at: float | None = None

    def connected(self, peer: Peer) -> None:
        """A collectors process said hello; if there was one before, the time between is a gap."""
        if self._gone_at is not None:
            self._on_gap(self._gone_at, self._clock.now(), "the collectors' process ended and was started again")
            self._gone_at = None
        self.peer = peer

    def gone(self, peer: Peer) -> bool:
        """Whether that was our collectors' process; remembers since when it is away."""
        if peer is not self.peer:
            return False
        self.peer = None
        self.health.clear()
        self._gone_at = self._clock.now()
        return True

    def took(self, batch: Batch) -> None:
        """Remember what a batch says of the senses."""
        self.health.update({health.sense: health for health in batch.health})
