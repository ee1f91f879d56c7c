"""Where the card goes: pure geometry, in the desktop's own (application) pixels."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

# Gap to the edges of the work area, the width of most desktops' own notifications' gap.
MARGIN = 16
# Width of the card: two lines of 45–50 characters, the comfortable measure for a glance.
WIDTH = 396
# Room for the shadow where the desktop blends windows (padding in popup.css); within MARGIN, so it stays on screen.
SHADOW_TOP, SHADOW_SIDE, SHADOW_BOTTOM = 12, 16, 16


class Box(NamedTuple):
    """A rectangle: left, top, width, height."""

    x: int
    y: int
    width: int
    height: int

    def contains(self, x: int, y: int) -> bool:
        return self.x <= x < self.x + self.width and self.y <= y < self.y + self.height


def lower_right(work: Box, width: int, height: int, *, margin_x: int = MARGIN, margin_y: int = MARGIN) -> Box:
    """The card's rectangle in the lower right of a work area, never larger than the area itself."""
    width = max(1, min(width, work.width - 2 * max(0, margin_x)))
    height = max(1, min(height, work.height - 2 * max(0, margin_y)))
    return Box(work.x + work.width - width - margin_x, work.y + work.height - height - margin_y, width, height)


def area_of(point: tuple[int, int] | None, areas: Sequence[tuple[Box, Box]]) -> Box:
    """The work area of the monitor that holds the point (first one otherwise).

    ``areas``: (whole monitor, work area) pairs, the primary one first, never empty.
    """
    if point is not None:
        for whole, work in areas:
            if whole.contains(*point):
                return work
    return areas[0][1]


def rounded_rows(width: int, height: int, radius: int) -> list[Box]:
    """A rounded rectangle as rows of whole pixels, for desktops that can only cut windows, not blend them."""
    radius = max(0, min(radius, width // 2, height // 2))
    rows = [Box(0, radius, width, height - 2 * radius)] if height > 2 * radius else []
    for y in range(radius):
        # Where the circle's edge crosses the middle of this pixel row.
        reach = (radius**2 - (radius - y - 0.5) ** 2) ** 0.5
        cut = max(0, round(radius - reach))
        rows.append(Box(cut, y, width - 2 * cut, 1))
        rows.append(Box(cut, height - 1 - y, width - 2 * cut, 1))
    return rows
