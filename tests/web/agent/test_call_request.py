"""Where a call stands, in an address."""

from __future__ import annotations

from datetime import date
from urllib.parse import parse_qs

from hypothesis import given
from hypothesis import strategies as st
from werkzeug.datastructures import MultiDict

from locations.model import MODES
from people.residents.details import NEEDS
from web.agent.call_request import CallState, read_state

WORDS = st.text("abcdefghij-", min_size=1, max_size=10)
STATES = st.builds(
    CallState,
    services=st.lists(WORDS, max_size=2, unique=True).map(tuple),
    needs=st.none() | st.lists(st.sampled_from(sorted(NEEDS)), unique=True).map(tuple),
    mode=st.sampled_from(["", *MODES]),
    near=st.sampled_from(["", "N12", "NW11 9QS"]),
    first_date=st.none() | st.dates(date(2020, 1, 1), date(2040, 1, 1)),
    cell=st.sampled_from(["", "5.in_person.2026-11-24"]),
    picking=st.booleans(),
    search_text=st.sampled_from(["", "tax help"]),
    moving=st.sampled_from(["", "K7PM4QX2"]),
    cancelling=st.sampled_from(["", "K7PM4QX2"]),
)


@given(STATES)
def test_an_address_keeps_all_of_the_state(state: CallState) -> None:
    assert read_state(MultiDict(parse_qs(state.query))) == state


def test_what_means_nothing_is_left_out() -> None:
    odd = MultiDict([("need", "a-lift"), ("filtered", "1"), ("mode", "by-boat"), ("from", "tomorrow")])
    assert read_state(odd) == CallState(needs=())


def test_a_step_forward_shuts_what_was_opened() -> None:
    state = CallState(services=("certify",), cell="1.in_person.2026-11-24", picking=True, cancelling="K7PM4QX2")
    assert state.but(mode="phone") == CallState(services=("certify",), mode="phone")
