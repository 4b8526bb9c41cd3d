"""A triage drawn as a map: each question and outcome in a row below all that leads to it, with a number. Pure."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

from locations.triage.tree import Tree

WIDTH, HEIGHT, BOX_WIDTH, BOX_HEIGHT = 64, 72, 44, 32  # of a place in the grid, and of the box in it, in pixels
GAP, ABOVE, LANES = (
    WIDTH - BOX_WIDTH,
    HEIGHT - BOX_HEIGHT,
    4,
)  # between boxes, above a row, and lines side by side in a gap


@dataclass(frozen=True, slots=True)
class Box:
    """A question or outcome in the map: its number, from 1, and where its box begins."""

    slug: str
    number: int
    x: int
    y: int
    is_outcome: bool

    @property
    def middle(self) -> int:
        """The middle of the box, from left to right."""
        return self.x + BOX_WIDTH // 2

    @property
    def foot(self) -> int:
        """The lower edge of the box."""
        return self.y + BOX_HEIGHT

    @property
    def row(self) -> int:
        """In which row it stands, from 0."""
        return self.y // HEIGHT


@dataclass(frozen=True, slots=True)
class Line:
    """A line from one box down to another, through these points: beside the boxes of the rows between, never across one."""

    start: Box
    end: Box
    points: tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class TreeMap:
    """The boxes by slug, the lines between them, and how large the drawing is."""

    boxes: dict[str, Box]
    lines: tuple[Line, ...]
    width: int
    height: int


def map_of(tree: Tree) -> TreeMap:
    """The map of a tree; what leads nowhere has no box, and a loop ends at the length of the tree."""
    rows = _rows(tree)
    places: defaultdict[int, int] = defaultdict(int)
    boxes: dict[str, Box] = {}
    for number, (slug, row) in enumerate(sorted(rows.items(), key=lambda one: one[1]), start=1):
        boxes[slug] = Box(slug, number, places[row] * WIDTH + GAP, row * HEIGHT + 4, slug in tree.outcomes)
        places[row] += 1
    pairs = {(one.slug, answer.leads_to): None for one in tree.questions.values() for answer in one.answers}
    ends = [(boxes[start], boxes[end]) for start, end in pairs if start in boxes and end in boxes]
    lines = tuple(_line(start, end, number % LANES) for number, (start, end) in enumerate(ends))
    return TreeMap(boxes, lines, max(places.values(), default=1) * WIDTH + GAP, (max(places, default=0) + 1) * HEIGHT)


def _line(start: Box, end: Box, lane: int) -> Line:
    """Straight to the next row; to one further down through the gap to the left of its box, in one of the lanes there."""
    points = [(start.middle, start.foot), (end.middle, end.y)]
    if end.row > start.row + 1:
        beside = end.x - GAP + 2 + lane * (GAP - 4) // LANES
        points[1:1] = [(beside, start.foot + ABOVE), (beside, end.y - ABOVE)]
    return Line(start, end, tuple(points))


def _rows(tree: Tree) -> dict[str, int]:
    """The row of each part that is reached, from 0: one below the lowest that leads to it."""
    rows, changed = {tree.first: 0}, True
    while changed:
        changed = False
        for slug in list(rows):
            for answer in tree.questions[slug].answers if slug in tree.questions else ():
                below = rows[slug] + 1
                is_there = answer.leads_to in tree.questions or answer.leads_to in tree.outcomes
                if is_there and rows.get(answer.leads_to, -1) < below <= len(tree.questions):
                    rows[answer.leads_to], changed = below, True
    return rows
