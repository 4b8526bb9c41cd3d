"""The privacy page and the accessibility statement: the council's own facts, sound defaults, nothing untrue."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask
from sqlalchemy import update

from core.database import Database
from core.personal_data import KEPT_DAYS
from locations.importing.parse_plan import read_plan
from locations.importing.toml_file import InvalidFile
from locations.tables import Authority
from tests.support.factories import make_world

pytestmark = pytest.mark.databases("sqlite")


def page(app: Flask, name: str) -> str:
    answer = app.test_client().get(f"/testshire/{name}")
    assert answer.status_code == 200
    return answer.get_data(as_text=True)


def set_statements(database: Database, **values: Any) -> None:
    with database.writing() as db:
        db.execute(update(Authority).values(plan_version=2, **values))


def test_without_settings_the_privacy_page_says_all_that_the_law_asks(app: Flask, database: Database):
    make_world(database)
    text = page(app, "privacy")
    for needed in (
        "Testshire Council is the controller",
        "data protection officer",
        "Article 6(1)(e)",
        "Article 9(2)(g)",
        "Your rights",
        "ico.org.uk/make-a-complaint",
        "01632 960000",
    ):
        assert needed in text
    for days in KEPT_DAYS.values():
        assert f">{days}</td>" in text


def test_the_council_says_its_own(app: Flask, database: Database):
    make_world(database)
    own = {
        "controller": "Testshire & District Council",
        "registration": "Z0000000",
        "officer_email": "data@testshire.example.org",
        "processors": ["The company <that> sends messages"],
        "keep_days": {"story": 30, "identity": 99_999},
    }
    set_statements(database, privacy=own)
    text = page(app, "privacy")
    assert "Testshire &amp; District Council is the controller" in text
    assert "Z0000000" in text
    assert "mailto:data@testshire.example.org" in text
    assert "The company &lt;that&gt; sends messages" in text
    assert ">30</td>" in text
    assert "99999" not in text


def test_the_accessibility_statement_has_what_the_regulations_ask(app: Flask, database: Database):
    make_world(database)
    own = {"problems": ["The map is a picture."], "prepared": "2026-11-02", "reviewed": "2026-11-20", "answer_days": 5}
    set_statements(database, accessibility=own)
    text = page(app, "accessibility")
    for needed in (
        "partially compliant",
        "The map is a picture.",
        "Monday 2 November 2026",
        "Friday 20 November 2026",
        "within 5 working days",
        "Equality and Human Rights Commission",
        "equalityadvisoryservice.com",
    ):
        assert needed in text


@pytest.mark.parametrize(("status", "words"), [("full", "fully compliant"), ("none", "are not compliant")])
def test_the_status_is_the_councils_word(app: Flask, database: Database, status: str, words: str):
    make_world(database)
    set_statements(database, accessibility={"status": status})
    text = page(app, "accessibility")
    assert words in text
    assert ("What is not accessible" in text) == (status != "full")


def test_northern_ireland_has_its_own_commission(app: Flask, database: Database):
    make_world(database)
    set_statements(database, division="northern-ireland")
    assert "Equality Commission for Northern Ireland" in page(app, "accessibility")


COUNCIL = '[authority]\nslug = "anytown"\nname = "Anytown"\n'


def test_what_the_file_leaves_out_is_left_to_the_page():
    plan = read_plan(COUNCIL.encode())
    assert plan.authority["privacy"]["keep_days"] == {}
    assert plan.authority["accessibility"]["status"] == "partial"


@pytest.mark.parametrize(
    ("table", "line", "words"),
    [
        ("[privacy]\nkeep_days = { story = 500 }", 6, "180"),
        ("[privacy]\nkeep_days = { tales = 5 }", 6, "tales"),
        ("[privacy]\nkeep_days = 5", 6, "table"),
        ('[privacy]\nofficer_email = "nobody"', 6, "officer_email"),
        ("privacy = 3", 4, "table"),
        ('[accessibility]\nstatus = "perfect"', 6, "status"),
        ("[accessibility]\nanswer_days = 0", 6, "answer_days"),
    ],
)
def test_a_mistake_names_its_line(table: str, line: int, words: str):
    text = f"{table}\n{COUNCIL}" if table.startswith("privacy") else f"{COUNCIL}\n{table}\n"
    with pytest.raises(InvalidFile) as refused:
        read_plan(text.encode())
    assert words in str(refused.value)
    assert f"line {line if not table.startswith('privacy') else 1}" in str(refused.value)
