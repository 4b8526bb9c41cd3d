"""A triage in front of a service of Testshire, that leads to each kind of help."""

from __future__ import annotations

from typing import Any

from core.database import Database
from locations.catalogue_queries import bump_plan
from locations.triage.tables import Triage
from tests.support.factories import World
from tests.support.town import Town

TREE: dict[str, Any] = {
    "slug": "housing",
    "name": "Help with your home",
    "services": ["certify"],
    "topics": [],
    "front_page": False,
    "first": "tonight",
    "questions": [
        {
            "slug": "tonight",
            "ask": "Somewhere to sleep?",
            "ask_cy": "Rhywle i gysgu?",
            "answers": [
                {"answer": "Yes", "leads_to": "what", "answer_cy": "Oes"},
                {"answer": "No", "leads_to": "duty", "means": "homeless_tonight"},
                {"answer": "Not safe", "leads_to": "duty", "means": "danger_at_home"},
            ],
        },
        {
            "slug": "what",
            "ask": "What is it?",
            "answers": [
                {"answer": "A notice", "leads_to": "today", "means": "facing_homelessness"},
                {"answer": "The register", "leads_to": "register"},
                {"answer": "Papers", "leads_to": "advice"},
            ],
        },
    ],
    "outcomes": [
        {"slug": "duty", "kind": "ring", "title": "Ring now", "phone": "01632 960001", "hours": "Always"},
        {
            "slug": "today",
            "kind": "come_today",
            "title": "Come",
            "phone": "01632 960001",
            "sites": ["high-street"],
            "services": ["certify"],
        },
        {"slug": "register", "kind": "online", "title": "Online", "url": "https://www.example.org"},
        {"slug": "advice", "kind": "book", "title": "Book a visit", "services": ["certify"]},
    ],
    "translations": {},
}


def put_triage(database: Database, town: Town | World, *, today_at: str = "high-street", **changes: Any) -> None:
    """Let the town have this triage; whoever must come today goes to the site `today_at`."""
    outcomes = [one | {"sites": [today_at]} if one["kind"] == "come_today" else one for one in TREE["outcomes"]]
    changes = {"outcomes": outcomes} | changes
    with database.writing() as db:
        db.add(Triage(authority_id=town.authority_id, **(TREE | changes)))
        db.flush()
        bump_plan(db, town.authority_id)
