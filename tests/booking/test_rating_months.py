"""Figures of answers by month: no two of them tell apart what a few people answered."""

from __future__ import annotations

from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from booking.ratings.rating_rules import FEWEST, Rating, figures_of, month_of, months_shown

DAYS = st.dates(date(2026, 9, 1), date(2027, 1, 31))
ANSWERS = st.lists(st.tuples(DAYS, st.integers(1, 5)), max_size=40)


@given(ANSWERS, st.lists(st.tuples(DAYS, DAYS), min_size=2, max_size=8))
def test_no_two_figures_tell_apart_what_fewer_than_five_people_answered(
    answers: list[tuple[date, int]], looks: list[tuple[date, date]]
) -> None:
    """Whatever months are asked for, on whatever days: what one has and another has not is nothing, or of five."""
    shown: list[set[int]] = []
    for today, asked in looks:
        given_so_far = [number for number, (day, _mark) in enumerate(answers) if day <= today]
        if month_of(asked) not in months_shown(today):
            continue
        of_month = {number for number in given_so_far if month_of(answers[number][0]) == month_of(asked)}
        if figures_of("a", "b", [Rating(answers[number][1]) for number in of_month]).is_shown:
            shown.append(of_month)
    for one in shown:
        for other in shown:
            assert not one - other or len(one - other) >= FEWEST
