"""The catalogue: one statement while nothing changes, and only what changed is loaded again."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event, update

from booking.use_cases.import_locations import apply_plan
from core.database import Database
from core.errors import NotFound
from locations.catalogue_queries import authorities, bump_plan, catalogue_by_id, catalogue_of
from locations.importing.parse_plan import read_plan
from locations.tables import Site

EXAMPLE = Path(__file__).parents[2] / "docs/examples/anytown.toml"


@pytest.fixture
def town(database: Database) -> Database:
    """A database with the council of the documentation."""
    with database.writing() as db:
        apply_plan(db, read_plan(EXAMPLE.read_bytes()), datetime(2026, 11, 23, 9, tzinfo=UTC))
    return database


@contextmanager
def statements(database: Database) -> Iterator[list[str]]:
    """The statements that are sent to the database meanwhile."""
    sent: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        if statement != "BEGIN":
            sent.append(statement)

    event.listen(database.engine, "before_cursor_execute", note)
    yield sent
    event.remove(database.engine, "before_cursor_execute", note)


def test_a_known_catalogue_costs_one_statement(town: Database) -> None:
    with town.reading() as db:
        known = catalogue_of(db, "anytown")
    with statements(town) as sent, town.reading() as db:
        assert catalogue_of(db, "anytown") is known
        assert len(sent) == 1
        assert catalogue_by_id(db, known.authority.id) is known
        assert len(sent) == 2


def test_it_is_found_again_in_a_writing_transaction(town: Database) -> None:
    with town.reading() as db:
        known = catalogue_of(db, "anytown")
    with town.writing() as db:
        assert catalogue_of(db, "anytown") is known


def test_only_the_site_that_changed_is_another_object(town: Database) -> None:
    with town.reading() as db:
        before = catalogue_of(db, "anytown")
    library = before.site("central-library")
    with town.writing() as db:
        db.execute(update(Site).where(Site.id == library.id).values(name="Central"))
        bump_plan(db, before.authority.id, [library.id])
    with town.reading() as db:
        after = catalogue_of(db, "anytown")
    assert after.site("central-library").name == "Central"
    assert after.site("by-video-or-phone") is before.site("by-video-or-phone")
    assert after.services is before.services
    assert after.authority is before.authority


def test_a_change_that_is_rolled_back_is_seen_by_nobody_else(town: Database) -> None:
    """Also when a later change reaches the same version number."""
    with town.reading() as db:
        before = catalogue_of(db, "anytown")
    library = before.site("central-library")

    def rename(name: str, *, fails: bool) -> None:
        with town.writing() as db:
            db.execute(update(Site).where(Site.id == library.id).values(name=name))
            bump_plan(db, before.authority.id, [library.id])
            assert catalogue_of(db, "anytown").site("central-library").name == name
            if fails:
                raise RuntimeError

    with pytest.raises(RuntimeError):
        rename("Never", fails=True)
    with town.reading() as db:
        assert catalogue_of(db, "anytown") is before
    rename("At last", fails=False)
    with town.reading() as db:
        assert catalogue_of(db, "anytown").site("central-library").name == "At last"


def test_a_change_of_the_whole_plan_is_loaded_afresh(town: Database) -> None:
    with town.reading() as db:
        before = catalogue_of(db, "anytown")
    with town.writing() as db:
        bump_plan(db, before.authority.id)
    with town.reading() as db:
        after = catalogue_of(db, "anytown")
    assert after.authority.plan_version == before.authority.plan_version + 1
    assert all(new is not old for new, old in zip(after.sites, before.sites, strict=True))


def test_what_is_not_there_is_not_found(town: Database) -> None:
    with town.reading() as db:
        catalogue = catalogue_of(db, "anytown")
        for look in (
            lambda: catalogue_of(db, "nowhere"),
            lambda: catalogue_by_id(db, 999),
            lambda: catalogue.service("juggling"),
            lambda: catalogue.service_by_id(999),
            lambda: catalogue.site("moon"),
            lambda: catalogue.site_by_id(999),
        ):
            with pytest.raises(NotFound):
                look()


def test_authorities_are_listed_by_name(town: Database) -> None:
    with town.reading() as db:
        assert [authority.slug for authority in authorities(db)] == ["anytown"]


def test_policies_of_a_service_are_its_own_or_the_authoritys(town: Database) -> None:
    with town.reading() as db:
        catalogue = catalogue_of(db, "anytown")
    advice, certify = catalogue.service("housing-advice"), catalogue.service("certify-documents")
    assert (advice.horizon_days, advice.open_limit) == (28, 1)
    assert (certify.horizon_days, certify.open_limit) == (56, 2)
    assert [reminder["kind"] for reminder in advice.reminder_plan] == ["reminder_1d"]
    assert len(certify.reminder_plan) == 3
    assert certify.triage_questions[0].ask == "Can you photograph the documents?"
