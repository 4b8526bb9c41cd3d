"""Loads demo data: each authority with everything that belongs to it in one transaction."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from booking.states import State
from booking.tables import Appointment
from booking.use_cases.import_locations import apply_plan
from booking.visits.visit_repository import follow_appointment
from core.audit import Actor, record
from core.errors import Refused
from core.runtime import Runtime
from demo.councils import ABERWYN, BARNET, OLDHAM, Population, fill_council
from demo.demo_staff import add_demo_staff
from demo.scale import SLUG, Size, fill_scale, plan_text
from locations.catalogue_queries import catalogue_by_id
from locations.importing.council_plan import Plan
from locations.importing.parse_plan import read_plan
from locations.model import Catalogue
from locations.tables import Authority
from reminders.loaded_data import plan_in_bulk

FOLDER = Path(__file__).parent
POPULATIONS: dict[str, Population] = {"barnet": BARNET, "oldham": OLDHAM, "aberwyn": ABERWYN}


@dataclass(frozen=True)
class Loaded:
    """What was loaded into one authority."""

    slug: str
    appointments: int


def load_councils(runtime: Runtime, password: str) -> list[Loaded]:
    """The demo councils that were not there yet, each with its people and appointments."""
    return [
        loaded
        for slug, population in POPULATIONS.items()
        if (loaded := _load_council(runtime, slug, population, password))
    ]


def load_scale(runtime: Runtime, size: Size) -> Loaded:
    """The synthetic authority. Raises: Refused when it is there already; InvalidFile for sizes that make no plan."""
    plan, now = read_plan(plan_text(size).encode()), runtime.clock.now()
    with runtime.database.writing_in_turn() as db:
        if _exists(db, SLUG):
            raise Refused.because("scale_loaded_already")
        catalogue = _import_plan(db, plan, runtime)
        count = fill_scale(db, catalogue, size, now, secret_key=runtime.settings.secret_key)
        _record(db, catalogue, count, runtime)
        if not runtime.database.is_sqlite:
            db.execute(text("ANALYZE"))  # so many rows at once: the planner must not wait for the next automatic one
    return Loaded(SLUG, count)


def _load_council(runtime: Runtime, slug: str, population: Population, password: str) -> Loaded | None:
    plan, now = read_plan((FOLDER / f"{slug}.toml").read_bytes()), runtime.clock.now()
    with runtime.database.writing_in_turn() as db:
        if _exists(db, slug):
            return None
        catalogue = _import_plan(db, plan, runtime)
        agent_id = add_demo_staff(db, catalogue, password, now)
        secret_key = runtime.settings.secret_key
        count = fill_council(db, catalogue, population, now, secret_key=secret_key, staff_id=agent_id)
        _add_visits(db, catalogue.authority.id, now)
        plan_in_bulk(db, catalogue.authority.id, now)
        _record(db, catalogue, count, runtime)
    return Loaded(slug, count)


def _add_visits(db: Session, authority_id: int, now: datetime) -> None:
    """Whoever has arrived today is in the waiting room, or at a desk, in the order in which they came."""
    here = (Appointment.authority_id == authority_id, Appointment.state.in_([State.ARRIVED, State.IN_PROGRESS]))
    for row in db.scalars(select(Appointment).where(*here).order_by(Appointment.changed_at, Appointment.id)).all():
        follow_appointment(db, row, now)


def _exists(db: Session, slug: str) -> bool:
    return db.scalars(select(Authority.id).where(Authority.slug == slug)).first() is not None


def _import_plan(db: Session, plan: Plan, runtime: Runtime) -> Catalogue:
    imported = apply_plan(db, plan, runtime.clock.now(), is_demo=True)
    return catalogue_by_id(db, imported.changes.authority_id)


def _record(db: Session, catalogue: Catalogue, count: int, runtime: Runtime) -> None:
    authority_id = catalogue.authority.id
    subject = ("authority", authority_id)
    now = runtime.clock.now()
    record(db, Actor.system(), "demo_loaded", subject, authority_id=authority_id, now=now, appointments=count)
