"""Redaction is total, idempotent, and never changes words; holding back never exceeds the text."""

from __future__ import annotations

import runpy
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from assistant.policy.redaction import hold_back, redact

SECRETS = runpy.run_path(str(Path(__file__).parents[1] / "unit" / "secrets_corpus.py"))["SECRETS"]
WORDS = st.lists(st.text("abcdefghijklmnoprstuwyzäéłяж", min_size=1, max_size=9), max_size=12).map(" ".join)
PIECES = st.one_of(
    st.text(max_size=12),
    st.sampled_from(
        ["password", ": ", " is ", "=", '"', "-----BEGIN ", "PRIVATE KEY", "4111 ", "://", "@", "[redacted: "]
    ),
)


@settings(max_examples=80, deadline=None)
@given(st.lists(PIECES, max_size=12).map("".join))
def test_any_text_is_survived_and_settles(text: str) -> None:
    once = redact(text).text
    assert redact(redact(once).text).text == redact(once).text
    assert 0 <= hold_back(text) <= len(text)


@settings(max_examples=60, deadline=None)
@given(WORDS, st.sampled_from(SECRETS), WORDS)
def test_secret_between_words_is_gone(before: str, secret, after: str) -> None:
    clean = redact(f"{before}\n{secret.text}\n{after}").text
    assert secret.secret not in clean


@settings(max_examples=60, deadline=None)
@given(WORDS.filter(lambda text: not any(w in text for w in ("pass", "pin", "mdp", "pw", "tan"))))
def test_words_are_left_alone(text: str) -> None:
    assert redact(text).text == text
