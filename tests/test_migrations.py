"""The migrations lead to exactly the tables that the code maps, on both databases, and there is one way forward."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from flask.testing import FlaskCliRunner
from sqlalchemy import Column, Table, select
from sqlalchemy.exc import IntegrityError

import booking.tables
import core.audit
import core.browser_states
import core.idempotency
import core.rate_limits
import locations.history.tables
import locations.tables
import locations.wards.tables
import people.residents.tables
import people.staff.tables
import reminders.hand_made.tables
import reminders.tables
import reminders.wish_tables
from booking.tables import Appointment, RebookItem
from booking.use_cases.holds import hold_slot
from core.audit import Actor
from core.database import Base, Database, alembic_config, is_up_to_date
from core.idempotency import IdempotencyKey
from locations.default_values import INTERPRETER_LEAD_DAYS
from locations.tables import Authority, Closure
from people.residents.details import ResidentDetails
from people.residents.resident_repository import find_or_create
from people.staff.accounts import deactivate_staff, reactivate_staff
from people.staff.tables import StaffMember
from reminders.tables import Notification
from tests.support.callers import add_agent
from tests.support.factories import NOW, make_appointment, make_runtime, make_world, slot_key_at

LATER = NOW + timedelta(days=1)
COUNTS = "How many of what a service counts somebody waits for, which makes their visit longer."
PEOPLE = "Advisers and interpreters of a council, who work at several sites, and the travel times between sites"


def test_a_migrated_database_has_what_the_code_maps(database: Database) -> None:
    with database.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "render_as_batch": True})
        assert compare_metadata(context, Base.metadata) == []


def test_there_is_one_head(database_url: str) -> None:
    assert len(ScriptDirectory.from_config(alembic_config(database_url)).get_heads()) == 1


def test_items_to_rebook_keep_their_closure_when_reasons_come(database: Database) -> None:
    """Back to before the reasons, and forward again: an item of a closure stays, one without goes with its reason."""
    world, runtime = make_world(database, desks=2), make_runtime(database)
    of_closure, of_reason = (make_appointment(runtime, world, NOW + timedelta(hours=hours)) for hours in (2, 3))
    with database.writing() as db:
        closure = Closure(
            authority_id=world.authority_id, site_id=world.site_id, slug="flood", starts_at=NOW, ends_at=LATER
        )
        db.add(closure)
        db.flush()
        for booked, values in (
            (of_closure, {"closure_id": closure.id}),
            (of_reason, {"closure_id": None, "reason": "hours"}),
        ):
            item = {"authority_id": world.authority_id, "appointment_id": booked.appointment_id, "created_at": NOW}
            db.add(RebookItem(**item, **values))
    config = alembic_config(database.url)
    database.dispose()
    command.downgrade(config, _before("Reasons to rebook beside closures"))
    command.upgrade(config, "head")
    with database.reading() as db:
        (kept,) = db.scalars(select(RebookItem)).all()
    assert (kept.appointment_id, kept.closure_id, kept.reason) == (of_closure.appointment_id, closure.id, "closure")


def test_an_appointment_is_listed_once_without_a_closure(database: Database) -> None:
    world, runtime = make_world(database), make_runtime(database)
    booked = make_appointment(runtime, world, NOW + timedelta(hours=2))
    item = {"authority_id": world.authority_id, "appointment_id": booked.appointment_id, "created_at": NOW}
    with database.writing() as db:
        db.add(RebookItem(**item, reason="hours", closed_at=NOW))
        db.add(RebookItem(**item, reason="hours"))
    for refused in ({"reason": "skills"}, {"reason": "closure"}):
        with pytest.raises(IntegrityError), database.writing() as db:
            db.add(RebookItem(**item, **refused))


def test_the_tables_of_a_council_that_works_are_carried_over(database: Database) -> None:
    """Back to before people worked at several sites, and forward again: not a row is lost on the way."""
    world = make_world(database, desks=2)
    make_appointment(make_runtime(database), world, NOW + timedelta(hours=2))
    with database.writing() as db:
        site = {"authority_id": world.authority_id, "site_id": world.site_id, "resource_id": world.resource_ids[0]}
        db.add(Closure(**site, slug="repair", starts_at=NOW, ends_at=NOW + timedelta(hours=1)))
        # What an earlier version cannot say has its default afterwards.
        db.get_one(Authority, world.authority_id).interpreter_lead_days = INTERPRETER_LEAD_DAYS
    before = _contents(database)
    database.dispose()
    config = alembic_config(database.url, database.secret_keys[0])
    command.downgrade(config, _before(PEOPLE))
    command.upgrade(config, "head")
    assert _contents(database) == before


def _contents(database: Database) -> dict[str, list[str]]:
    with database.reading() as db:
        tables = Base.metadata.tables.values()
        return {table.name: sorted(map(repr, db.execute(select(*_carried(table))))) for table in tables}


def _carried(table: Table) -> list[Column[Any]]:
    """The columns whose values survive: a room and a seed are given anew, since nobody can work them out."""
    drawn = {("appointments", "room"), ("sites", "wait_seed")}
    return [column for column in table.columns if (table.name, column.name) not in drawn]


def _before(title: str) -> str:
    """The revision that the migration with this title follows."""
    scripts = ScriptDirectory.from_config(alembic_config("")).walk_revisions()
    (revision,) = (script.down_revision for script in scripts if script.doc == title)
    assert isinstance(revision, str)
    return revision


def test_a_key_that_is_repeated_after_an_upgrade_gets_its_first_result(database: Database) -> None:
    world, runtime = make_world(database), make_runtime(database)
    key = IdempotencyKey.of("test", "key", b"")
    held = hold_slot(runtime, slot_key_at(world, NOW + timedelta(hours=2)), for_public=True, idempotency=key)
    database.dispose()
    config = alembic_config(database.url)
    command.downgrade(config, _before("Columns by the names that the code uses"))
    command.upgrade(config, "head")
    again = hold_slot(runtime, slot_key_at(world, NOW + timedelta(hours=2)), for_public=True, idempotency=key)
    assert again == held


def test_residents_who_were_there_before_are_known_by_their_names(database: Database) -> None:
    """Back to before the keys, and forward again: who comes back is still the same resident."""
    world = make_world(database)
    person = ResidentDetails(name="Amina Yusuf", phone="07700 900123")
    with database.writing() as db:
        known = find_or_create(db, world.authority_id, person, NOW).id
    config = alembic_config(database.url)
    command.downgrade(config, _before("A key of each resident's name, so that many people may share a telephone"))
    command.upgrade(config, "head")
    with database.writing() as db:
        assert find_or_create(db, world.authority_id, person, NOW).id == known


def test_nothing_goes_back_that_an_earlier_version_cannot_read(database: Database, runner: FlaskCliRunner) -> None:
    """A length that follows from an answer stands in the token of the slot, and older code refuses such a token."""
    world = make_world(database)
    id_ = make_appointment(make_runtime(database), world, NOW + timedelta(hours=2)).appointment_id
    with database.writing() as db:
        row = db.get_one(Appointment, id_)
        plain = row.slot_token
        *before, service, mode, extra, unit = plain.split(".")
        row.slot_token = ".".join((*before, f"{service}x3y12", mode, extra, unit))
        message = {"status": "pending", "channel": "email", "version": 1, "created_at": NOW, "appointment_id": id_}
        message |= {"authority_id": world.authority_id, "due_at": NOW, "next_try_at": NOW, "useful_until": LATER}
        db.add(Notification(**message, kind="site_message_1"))
    command_line = ["migrate", "--to", _before(COUNTS)]
    database.dispose()
    refused = runner.invoke(args=command_line)
    assert refused.exit_code == 1
    assert "(appointments: 1). Nothing was changed" in refused.output
    assert is_up_to_date(database)
    with database.writing() as db:
        db.get_one(Appointment, id_).slot_token = plain
    database.dispose()
    assert runner.invoke(args=command_line).exit_code == 0
    assert runner.invoke(args=["migrate"]).exit_code == 0
    with database.reading() as db:
        (kept,) = db.scalars(select(Notification).where(Notification.kind == "site_message_1"))
    assert (kept.status, kept.reason) == ("void", "superseded")
    assert kept.closed_at is not None


def test_nobody_was_deactivated_before_the_record_says_so(database: Database) -> None:
    """Back to before the instant was kept, and forward again: it is the record's last, or else the upgrade's."""
    authority_id, first, last = make_world(database).authority_id, NOW, NOW + timedelta(days=3)
    ids = {
        name: add_agent(database, authority_id, NOW - timedelta(days=900), "site_staff", f"{name}@example.org")
        for name in ("recorded", "unrecorded", "active")
    }
    with database.writing() as db:
        for name, at in (("recorded", first), ("active", first), ("recorded", last)):
            email = f"{name}@example.org"
            deactivate_staff(db, email, actor=Actor.system(), now=at)
            if (name, at) != ("recorded", last):
                reactivate_staff(db, email, actor=Actor.system(), now=at)
        db.get_one(StaffMember, ids["unrecorded"]).is_active = False
    config = alembic_config(database.url)
    database.dispose()
    command.downgrade(config, _before("When an account of staff was deactivated"))
    began = datetime.now(UTC)
    command.upgrade(config, "head")
    with database.reading() as db:
        kept = {name: db.get_one(StaffMember, id_).deactivated_at for name, id_ in ids.items()}
    assert (kept["recorded"], kept["active"]) == (last, None)
    assert kept["unrecorded"] is not None
    assert began <= kept["unrecorded"] <= datetime.now(UTC)
