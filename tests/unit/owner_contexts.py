"""Made-up moments and answers of one owner, for the tests of the personal layer."""

from __future__ import annotations

from assistant.events import Event, OutcomeKind
from assistant.labels import Label, make_label
from assistant.ports import Context, Verdict

# Monday 2024-01-01, 09:00 UTC.
MONDAY = 1_704_099_600.0
DAY_S = 86_400.0

CODING = ("Visual Studio Code", "typing", "The user types 'def total(rows):' in 'bill.py' in Visual Studio Code.")
LETTER = ("LibreOffice Writer", "typing", "The user types 'Dear neighbours,' in 'party.odt' in LibreOffice Writer.")
READING = ("Firefox", "scroll", "The user scrolls down in 'Old trams of the north' in Firefox.")


class FixedGate:
    """Says the same everywhere."""

    name = "fixed"

    def __init__(self, p_help: float = 0.45, threshold: float = 0.4) -> None:
        self.p_help, self.threshold = p_help, threshold
        self.asked = 0

    def judge(self, context: Context) -> Verdict:
        self.asked += 1
        return Verdict(p_help=self.p_help, threshold=self.threshold, reason="Help may be wanted.", features={"x": 1.0})


class FixedJudge:
    """The same for every task."""

    threshold = 0.4

    def p_accept(self, context: Context, task: str) -> float:
        return 0.5


def moment(what: tuple[str, str, str] = CODING, at: float = MONDAY, length: int = 12) -> Context:
    app, type_, sentence = what
    events = tuple(
        Event(id=n, time=at - 30.0 * (length - n), sentence=sentence, type=type_, source="test", app=app)
        for n in range(1, length + 1)
    )
    return Context(events=events, now=at, trigger="count")


def answer(
    what: tuple[str, str, str], kind: OutcomeKind, number: int, task: str = "Write the rest", every_s: float = 1_800.0
) -> Label:
    """The ``number``-th answer, half an hour after the one before."""
    at = MONDAY + every_s * number
    label = make_label(moment(what, at), kind, at=at, task=task)
    return label.model_copy(update={"suggestion_id": 1_000 + number})


def answers(count: int, yes: tuple[str, str, str] = CODING, no: tuple[str, str, str] = LETTER) -> list[Label]:
    """Alternately accepted and rejected."""
    return [
        answer(yes if n % 2 == 0 else no, OutcomeKind.ACCEPTED if n % 2 == 0 else OutcomeKind.REJECTED, n)
        for n in range(count)
    ]


def after(labels: list[Label], what: tuple[str, str, str], days: float = 0.0) -> Context:
    """A moment half an hour, or some days, after the last label."""
    return moment(what, labels[-1].at + 1_800.0 + days * DAY_S)
