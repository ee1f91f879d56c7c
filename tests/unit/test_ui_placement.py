from __future__ import annotations

import pytest

from ui.placement import MARGIN, Box, area_of, lower_right, rounded_rows

LEFT = (Box(0, 0, 1920, 1080), Box(0, 30, 1920, 1010))
RIGHT = (Box(1920, 0, 1280, 1024), Box(1920, 0, 1280, 1000))


def test_lower_right_of_the_work_area_not_of_the_monitor():
    box = lower_right(LEFT[1], 396, 180)
    assert box == Box(1920 - 396 - MARGIN, 1040 - 180 - MARGIN, 396, 180)


def test_a_second_monitor_has_its_own_corner():
    box = lower_right(RIGHT[1], 396, 180)
    assert box.x + box.width == 3200 - MARGIN
    assert box.y + box.height == 1000 - MARGIN


def test_never_larger_than_the_work_area():
    box = lower_right(Box(0, 0, 300, 200), 396, 900)
    assert (box.width, box.height) == (300 - 2 * MARGIN, 200 - 2 * MARGIN)
    assert box.x == MARGIN
    assert box.y == MARGIN


@pytest.mark.parametrize(
    ("point", "expected"), [((5, 5), LEFT), ((1920, 0), RIGHT), ((9999, 9999), LEFT), (None, LEFT)]
)
def test_the_monitor_with_the_pointer(point, expected):
    assert area_of(point, [LEFT, RIGHT]) == expected[1]


@pytest.mark.parametrize(("width", "height", "radius"), [(396, 180, 14), (30, 10, 14), (5, 5, 0), (1, 1, 9)])
def test_a_rounded_shape_covers_every_row_once_and_is_symmetric(width, height, radius):
    rows = rounded_rows(width, height, radius)
    covered = sorted(y for row in rows for y in range(row.y, row.y + row.height))
    assert covered == list(range(height))
    assert all(row.x + row.width == width - row.x for row in rows)
    assert max(row.width for row in rows) == width


def test_corners_are_cut():
    by_row = {row.y: row for row in rounded_rows(396, 180, 14)}
    assert by_row[0].x >= 8
    assert by_row[0].x > by_row[4].x > by_row[14].x == 0
