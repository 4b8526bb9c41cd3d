"""Who is moved on the board does something else on that day, or from it on; everybody else and every other day stay."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import date, time, timedelta
from random import Random

import pytest

from locations.session_board import SessionBoard
from locations.session_facts import ExceptionFacts, SessionHours
from locations.session_patterns import Pattern, Repeats, first_dates
from locations.session_tables import PlainSession, session_of, with_exception

FIRST = date(2026, 11, 30)
DAYS = [FIRST + timedelta(days=number) for number in range(28)]
PEOPLE, SITES = ("ann", "ben", "cat"), ("high-street", "mill-lane")
Placed = list[tuple[str, PlainSession]]


def random_sessions(random: Random) -> Placed:
    placed = []
    for number in range(random.randint(1, 5)):
        weekdays = tuple(random.sample(("monday", "tuesday", "wednesday", "thursday"), random.randint(1, 3)))
        pattern = random.choice(
            [
                Pattern(Repeats.WEEKLY, weekdays=weekdays, first_date=FIRST),
                Pattern(Repeats.FORTNIGHTLY, weekdays=weekdays, first_date=FIRST),
                Pattern(Repeats.ONCE, first_date=random.choice(DAYS)),
                Pattern(Repeats.RULE, rule="FREQ=WEEKLY;BYDAY=MO,TU;COUNT=5", first_date=FIRST),
            ]
        )
        starts = random.choice((9, 11, 13))
        hours = SessionHours(time(starts), time(starts + 2), 20, 4)
        opened = tuple(random.sample(PEOPLE, random.randint(1, 3)))
        session = PlainSession(f"session-{number}", pattern, hours, opened, ("certify",))
        dates = first_dates(pattern, FIRST, DAYS[-1], 99)
        if dates and not session.is_dated and random.random() < 0.5:
            other = random.choice((ExceptionFacts(), ExceptionFacts(time(10), time(12))))
            session = with_exception(session, random.choice(dates), other)
        placed.append((random.choice(SITES), session))
    return placed


def doing(placed: Iterable[tuple[str, PlainSession]], who: str, day: date) -> list[tuple[str, SessionHours]]:
    """What somebody does on a day: the simple model."""
    found = []
    for site, session in placed:
        if who in session.resources and first_dates(session.pattern, day, day, 1):
            changed = dict(session.exceptions).get(day)
            if changed is None:
                found.append((site, session.hours))
            elif changed.starts and changed.ends:
                found.append((site, replace(session.hours, starts=changed.starts, ends=changed.ends)))
    return sorted(set(found), key=str)


def after(placed: Placed, board: SessionBoard) -> Placed:
    now = {(site, one.slug, one.is_dated): one for site, one in placed}
    for edit in board.edits():
        site, kind, slug = edit.key.slugs
        now.pop((site, slug, kind == "dated"), None)
        if edit.table is not None:
            now[site, slug, kind == "dated"] = session_of(edit.table)
    return [(site, session) for (site, _, _), session in now.items()]


@pytest.mark.parametrize("goes_on", [False, True])
@pytest.mark.parametrize("kind", ["swap", "move", "off"])
def test_only_who_is_moved_does_something_else_and_only_then(kind: str, goes_on: bool) -> None:
    random = Random(f"{kind}{goes_on}")
    for _ in range(25):
        placed, day = random_sessions(random), random.choice(DAYS[:14])
        board = SessionBoard(placed, day, day)
        held = [
            one
            for who in (("ann", "ben") if kind == "swap" else ("ann",))
            for one in (board.held_from(who, day, SITES) if goes_on else board.held(who, day, SITES))
            if kind != "swap" or not {"ann", "ben"} <= set(one.session.resources)
        ]
        for one in held:
            if kind == "move":
                (board.move_from if goes_on else board.move_on)(one, day, ["ann"], "mill-lane", ["ann"])
            else:
                others = {"ann": "ben", "ben": "ann"} if kind == "swap" else {"ann": None}
                (board.substitute_from if goes_on else board.substitute_on)(one, day, others)
        changed = after(placed, board)
        for date_ in DAYS:
            touched = date_ == day or (goes_on and date_ > day)
            for who in PEOPLE:
                expected = doing(placed, who, date_)
                if touched and kind == "swap" and who != "cat":
                    expected = swapped(placed, who, date_)
                elif touched and who == "ann" and kind == "move":
                    expected = sorted({("mill-lane", hours) for _, hours in expected}, key=str)
                elif touched and who == "ann" and kind == "off":
                    expected = []
                assert doing(changed, who, date_) == expected, (who, date_, placed)


def swapped(placed: Placed, who: str, day: date) -> list[tuple[str, SessionHours]]:
    """What somebody does in the place of the other, and what both do together."""
    both = [one for one in placed if {"ann", "ben"} <= set(one[1].resources)]
    single = [one for one in placed if one not in both]
    other = "ben" if who == "ann" else "ann"
    return sorted({*doing(both, who, day), *doing(single, other, day)}, key=str)
