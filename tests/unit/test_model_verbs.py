"""A task of the trained model begins with a verb, or it is none."""

from __future__ import annotations

import pytest

from models.verbs import begins_with_a_verb


@pytest.mark.parametrize("task", ["Draft the letter to Mr. Novak", "compare: Sony and Bose", "Summarise 'notes.txt'"])
def test_what_begins_with_a_verb(task):
    assert begins_with_a_verb(task)


@pytest.mark.parametrize(
    "task",
    [
        "Dienkomiteerd van Factuur 2025-031",
        "Dokumenları mokutil yapılır",
        "Summit: Reiche ich die Rechnung",
        "",
        " Draft",
    ],
)
def test_what_does_not(task):
    assert not begins_with_a_verb(task)
