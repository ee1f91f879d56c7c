"""Agreement against published examples (Krippendorff, "Computing Krippendorff's Alpha-Reliability", 2011)."""

from __future__ import annotations

import pytest

from assistant.annotation.agreement import alpha, pairs, percent


def table(**rows: str) -> list[dict[str, str]]:
    """Items from one line of values per annotator; a dot is no judgement."""
    columns = zip(*(row.split() for row in rows.values()), strict=True)
    return [{name: value for name, value in zip(rows, column, strict=True) if value != "."} for column in columns]


BINARY = table(a="0 1 0 0 0 0 0 0 1 0", b="1 1 1 0 0 1 0 0 0 0")
NOMINAL = table(meg="a a b b d c c c e d d a", owen="b a b b b c c c e d d d")
MISSING = table(
    a="1 2 3 3 2 1 4 1 2 . . .",
    b="1 2 3 3 2 2 4 1 2 5 . 3",
    c=". 3 3 3 2 3 4 2 2 5 1 .",
    d="1 2 3 3 2 4 4 1 2 5 1 .",
)


@pytest.mark.parametrize(("items", "published"), [(BINARY, 0.095), (NOMINAL, 0.692), (MISSING, 0.743)])
def test_alpha_is_as_published(items, published):
    assert alpha(items) == pytest.approx(published, abs=0.0005)


def test_alpha_by_hand():
    # Two annotators, items yes/yes, yes/no, no/no. Coincidences: yy 2, yn 1, ny 1, nn 2; n = 6, n_y = n_n = 3.
    # Observed 2 of 6, expected 2 · 3 · 3 / (6 · 5) = 0.6: alpha = 1 - (1/3) / 0.6.
    assert alpha(table(a="y y n", b="y n n")) == pytest.approx(1 - (1 / 3) / 0.6)


def test_alpha_of_perfect_and_of_opposed_judges():
    assert alpha(table(a="y n y n", b="y n y n")) == pytest.approx(1.0)
    assert alpha(table(a="y n", b="n y")) == pytest.approx(-0.5)


@pytest.mark.parametrize("items", [[], [{"a": "y"}], table(a="y n", b=". ."), table(a="y y", b="y y")])
def test_alpha_is_not_defined_without_two_judgements_or_without_variation(items):
    assert alpha(items) is None


def test_pairs_count_only_what_both_judged():
    found = {(pair.first, pair.second): (pair.agreed, pair.items) for pair in pairs(MISSING)}
    assert found["a", "b"] == (8, 9)
    assert found["b", "d"] == (9, 10)
    assert len(found) == 6
    assert percent(MISSING) == pytest.approx(
        100 * sum(n for n, _ in found.values()) / sum(n for _, n in found.values())
    )


def test_percent_by_hand():
    items = table(a="y y n .", b="y n n y", c="y y . .")
    # a-b: 2 of 3, a-c: 2 of 2, b-c: 1 of 2.
    assert percent(items) == pytest.approx(100 * 5 / 7)
    assert percent([{"a": 1}]) is None
