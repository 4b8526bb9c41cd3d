"""The legend lists keys that do something on the page where it stands, and no others."""

from __future__ import annotations

import re

import pytest

from tests.support.callers import Callers
from tests.web.agent.conftest import Agent

pytestmark = pytest.mark.databases("sqlite")
LEGEND = re.compile(r'id="keys".*?</section>', re.DOTALL)
KEY = re.compile(r"<kbd>([^<]+)</kbd>")
ALWAYS = {"Enter", "Esc"}
LAST_OF_RANGE = "9"  # "1 to 9" stands for as many as there are
ARROWS = set("↑↓←→")


def keys_without_effect(html: str) -> set[str]:
    """The keys of the legend that no element of the page has."""
    legend = LEGEND.search(html)
    assert legend is not None
    bound = {key for keys in re.findall(r'data-key="([^"]+)"', html) for key in keys.split()}
    if "fd-grid" in html:
        bound |= ARROWS
    return set(KEY.findall(legend[0])) - bound - ALWAYS - {LAST_OF_RANGE}


@pytest.mark.parametrize(
    "query",
    [
        "",
        "?service=certify",
        "?service=certify&pick=1",
        "?service=certify&filtered=1&mode=video",
        "?service=registrar",
        "?cancel={reference}",
        "?move={reference}",
    ],
)
def test_every_key_of_the_legend_does_something(agent: Agent, callers: Callers, query: str) -> None:
    where = f"/staff/calls/residents/{callers.people['amina']}"
    path = f"{where}{query.format(reference=callers.booked.reference)}"
    assert keys_without_effect(agent.client.get(path).text) == set()
    agent.check_caller(where)
    assert keys_without_effect(agent.client.get(path).text) == set()


@pytest.mark.parametrize("query", ["service=certify", "move={reference}"])
def test_every_key_beside_a_held_time_does_something(agent: Agent, callers: Callers, query: str) -> None:
    at = f"/staff/calls/residents/{callers.people['amina']}"
    query = query.format(reference=callers.booked.reference)
    slot = agent.slots(f"{at}?{query}")[0][0]
    answer = agent.send(f"{at}/hold?{query}", slot=slot)
    assert "Held until" in answer.text
    assert keys_without_effect(answer.text) == set()


def test_every_key_of_the_other_pages_does_something(agent: Agent, callers: Callers) -> None:
    card = f"/staff/calls/residents/{callers.people['amina']}"
    paths = ["/staff/calls/", f"{card}/details", agent.check_caller(card).link("Read out")]
    pages = [agent.client.get(path).text for path in paths]
    pages += [agent.send("/staff/calls/find", q=typed).text for typed in ("ameena", "zebedee quux")]
    assert [keys_without_effect(html) for html in pages] == [set()] * len(pages)
