from __future__ import annotations

import pytest

from assistant.events import OutcomeKind
from assistant.labels import BAD_MOMENT, NOT_USEFUL, WRONG, make_label, worth
from assistant.ports import Context


@pytest.mark.parametrize(
    ("kind", "reason", "wanted", "accepted"),
    [
        (OutcomeKind.ACCEPTED, "", True, True),
        (OutcomeKind.REJECTED, "", False, False),
        (OutcomeKind.REJECTED, "a reason of another version", False, False),
        (OutcomeKind.REJECTED, BAD_MOMENT, False, None),
        (OutcomeKind.REJECTED, WRONG, False, False),
        (OutcomeKind.REJECTED, NOT_USEFUL, False, False),
        (OutcomeKind.SNOOZED, "", False, None),
        (OutcomeKind.IGNORED, "", False, False),
        (OutcomeKind.MISSED, "", True, None),
        (OutcomeKind.UNSEEN, "", None, None),
    ],
)
def test_outcomes_teach_different_things(kind, reason, wanted, accepted):
    label = make_label(Context(events=()), kind, at=1.0, task="Explain it", reason=reason)
    assert (label.wanted, label.accepted) == (wanted, accepted)
    assert (label.wanted is None) == (label.wanted_weight == 0)
    assert (label.accepted is None) == (label.accepted_weight == 0)


def test_silence_under_a_popup_says_less_than_a_click():
    assert worth(OutcomeKind.IGNORED).wanted_weight < worth(OutcomeKind.SNOOZED).wanted_weight
    assert worth(OutcomeKind.SNOOZED).wanted_weight < worth(OutcomeKind.REJECTED, BAD_MOMENT).wanted_weight
