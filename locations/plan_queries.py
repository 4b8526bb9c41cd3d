"""Rows of a council's plan turned into facts: a fixed number of statements, however many sites there are."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from locations.closure_queries import (
    ClosureInForce,
    closures_at,
    closures_in_force,
    ending_of,
    ends_of_services,
)
from locations.logos import logo_of
from locations.model import AuthorityFacts, ResourceFacts, SiteFacts
from locations.release_shares import releases_of
from locations.school_holidays import school_days_off
from locations.service_queries import visit_ticks
from locations.session_facts import (
    ClosureFacts,
    DatedSessionFacts,
    ExceptionFacts,
    HolidayRule,
    RecurrenceFacts,
    SessionHours,
)
from locations.tables import (
    Authority,
    DatedSession,
    Resource,
    SessionException,
    SessionResource,
    SessionService,
    SessionTemplate,
    Site,
    TravelTime,
)
from locations.travel import SitePair, site_pair
from locations.triage.triage_queries import load_triages

LISTS = ("reminder_plan", "school_holidays", "languages", "message_channels", "kinds_off")
FACTS = tuple(one.name for one in fields(AuthorityFacts) if one.name != "triages")


def load_authority(db: Session, authority_id: int) -> AuthorityFacts:
    """The facts of the authority."""
    facts = authority_facts(db.get_one(Authority, authority_id, populate_existing=True))
    return replace(facts, triages=load_triages(db, authority_id))


def load_people(db: Session, authority: AuthorityFacts) -> tuple[ResourceFacts, ...]:
    """The advisers and interpreters who belong to the authority and to no site, by name."""
    return tuple(map(_resource_facts, _people(db, authority)))


def load_travel(db: Session, authority: AuthorityFacts) -> Mapping[SitePair, int]:
    """The minutes between two sites that the authority's file gives, by the sites' ids."""
    statement = select(TravelTime.first_site_id, TravelTime.second_site_id, TravelTime.minutes)
    rows = db.execute(statement.where(TravelTime.authority_id == authority.id))
    return {site_pair(first_id, second_id): minutes for first_id, second_id, minutes in rows}


def load_sites(db: Session, authority: AuthorityFacts, site_ids: Sequence[int]) -> tuple[SiteFacts, ...]:
    """The sites of these ids by name, with their resources, sessions and closures."""
    rows = _rows(db, Site, Site.id.in_(site_ids), Site.name)
    plan = _Plan(
        resources=_by_site(_rows(db, Resource, Resource.site_id.in_(site_ids), Resource.name)),
        templates=_by_site(_rows(db, SessionTemplate, SessionTemplate.site_id.in_(site_ids), SessionTemplate.slug)),
        dated=_by_site(_rows(db, DatedSession, DatedSession.site_id.in_(site_ids), DatedSession.date)),
        closures=closures_in_force(db, authority),
        exceptions=_exceptions(db, site_ids),
        opened=_opened(db, site_ids),
        people=_people(db, authority),
        ends=ends_of_services(db, authority),
        visit_ticks=visit_ticks(db, authority),
    )
    return tuple(_site_facts(row, authority, plan) for row in rows)


def authority_facts(row: Authority) -> AuthorityFacts:
    """The facts in an authority's row."""
    made: dict[str, Any] = {"logo": logo_of(row.logo)} | {name: tuple(getattr(row, name)) for name in LISTS}
    copied = {name: getattr(row, name) for name in FACTS if name not in made}
    return AuthorityFacts(**copied, **made)


@dataclass(frozen=True)
class _Opened:
    """What sessions open, by ("template" or "dated", id)."""

    resources: Mapping[tuple[str, int], list[int]]
    services: Mapping[tuple[str, int], list[int]]


@dataclass(frozen=True)
class _Plan:
    """The rows of several sites, sorted out."""

    resources: Mapping[int, list[Any]]
    templates: Mapping[int, list[Any]]
    dated: Mapping[int, list[Any]]
    closures: Sequence[ClosureInForce]
    exceptions: Mapping[int, dict[Any, ExceptionFacts]]
    opened: _Opened
    people: Sequence[Any]
    ends: Sequence[ClosureFacts]  # of services, everywhere
    visit_ticks: Mapping[int, int]  # by service, with the clearing up


def _people(db: Session, authority: AuthorityFacts) -> Sequence[Any]:
    without_site = (Resource.authority_id == authority.id) & Resource.site_id.is_(None)
    return _rows(db, Resource, without_site, Resource.name)


def _rows(db: Session, table: Any, where: ColumnElement[bool], order: Any) -> Sequence[Any]:
    statement = select(table).where(where).order_by(order, table.id)
    return db.scalars(statement, execution_options={"populate_existing": True}).all()


def _by_site(rows: Iterable[Any]) -> Mapping[int, list[Any]]:
    sorted_out: dict[int, list[Any]] = defaultdict(list)
    for row in rows:
        sorted_out[row.site_id].append(row)
    return sorted_out


def _exceptions(db: Session, site_ids: Sequence[int]) -> Mapping[int, dict[Any, ExceptionFacts]]:
    statement = (
        select(SessionException)
        .join(SessionTemplate, SessionTemplate.id == SessionException.template_id)
        .where(SessionTemplate.site_id.in_(site_ids))
    )
    known: dict[int, dict[Any, ExceptionFacts]] = defaultdict(dict)
    for row in db.scalars(statement, execution_options={"populate_existing": True}):
        known[row.template_id][row.date] = ExceptionFacts(row.starts, row.ends, row.reason)
    return known


def _opened(db: Session, site_ids: Sequence[int]) -> _Opened:
    return _Opened(
        resources=_links(db, SessionResource, SessionResource.resource_id, site_ids),
        services=_links(db, SessionService, SessionService.service_id, site_ids),
    )


def _links(db: Session, table: Any, linked: Any, site_ids: Sequence[int]) -> Mapping[tuple[str, int], list[int]]:
    """The ids that each session opens, in the order in which they were written."""
    statement = (
        select(table.template_id, table.dated_session_id, linked)
        .outerjoin(SessionTemplate, SessionTemplate.id == table.template_id)
        .outerjoin(DatedSession, DatedSession.id == table.dated_session_id)
        .where(SessionTemplate.site_id.in_(site_ids) | DatedSession.site_id.in_(site_ids))
        .order_by(table.id)
    )
    links: dict[tuple[str, int], list[int]] = defaultdict(list)
    for template_id, dated_id, linked_id in db.execute(statement):
        links[("template", template_id) if template_id is not None else ("dated", dated_id)].append(linked_id)
    return links


def _first_said(of_site: bool | None, of_council: bool) -> bool:
    return of_council if of_site is None else of_site


def _site_facts(row: Site, authority: AuthorityFacts, plan: _Plan) -> SiteFacts:
    closes = _first_said(row.closes_on_bank_holidays, authority.closes_on_bank_holidays)
    ending = ending_of(row)
    recurrences = tuple(_recurrence(template, plan) for template in plan.templates.get(row.id, []))
    dated_sessions = tuple(_dated_session(dated, plan) for dated in plan.dated.get(row.id, []))
    named = [session.resource_ids for session in recurrences] + [session.resource_ids for session in dated_sessions]
    people = [person for person in plan.people if any(person.id in ids for ids in named)]
    return SiteFacts(
        id=row.id,
        slug=row.slug,
        name=row.name,
        kind=row.kind,
        address=row.address,
        postcode=row.postcode,
        easting=row.easting,
        northing=row.northing,
        features=frozenset(row.features),
        phone=row.phone,
        directions=row.directions,
        resources=tuple(map(_resource_facts, [*plan.resources.get(row.id, []), *people])),
        recurrences=recurrences,
        dated_sessions=dated_sessions,
        closures=(
            *closures_at(row.id, frozenset(person.id for person in people), plan.closures),
            *([ending.closure(authority.zone)] if ending else []),
            *plan.ends,
        ),
        holidays=HolidayRule(authority.division, closes, school_days_off(authority.school_holidays)),
        plan_version=row.plan_version,
        joining_address=row.joining_address,
        rings_from=row.rings_from,
        ring_minutes=row.ring_minutes,
        has_kiosk=row.has_kiosk,
        display_sounds=row.display_sounds,
        display_speaks=row.display_speaks,
        ending=ending,
        translations=row.translations,
        opening_words=row.opening_words,
        wait_seed=row.wait_seed,
    )


def _resource_facts(row: Resource) -> ResourceFacts:
    return ResourceFacts(
        id=row.id,
        slug=row.slug,
        name=row.name,
        kind=row.kind,
        seats=row.seats,
        skills=frozenset(row.skills),
        is_council_wide=row.site_id is None,
        joining_address=row.joining_address,
    )


def _hours(row: Any) -> SessionHours:
    values = {name: getattr(row, name) for name in SessionHours.__slots__}
    return SessionHours(**values | {"releases": releases_of(row.releases)})


def _longest_ticks(plan: _Plan, key: tuple[str, int]) -> int:
    """The longest visit that the session is for, with the clearing up."""
    return max((plan.visit_ticks[service_id] for service_id in plan.opened.services.get(key, ())), default=1)


def _recurrence(row: SessionTemplate, plan: _Plan) -> RecurrenceFacts:
    key = ("template", row.id)
    return RecurrenceFacts(
        slug=row.slug,
        rrule=row.rrule,
        first_date=row.first_date,
        last_date=row.last_date,
        hours=_hours(row),
        resource_ids=tuple(plan.opened.resources.get(key, ())),
        service_ids=frozenset(plan.opened.services.get(key, ())),
        longest_ticks=_longest_ticks(plan, key),
        public_from=row.public_from,
        exceptions=plan.exceptions.get(row.id, {}),
        school=row.school,
    )


def _dated_session(row: DatedSession, plan: _Plan) -> DatedSessionFacts:
    key = ("dated", row.id)
    return DatedSessionFacts(
        slug=row.slug,
        date=row.date,
        hours=_hours(row),
        resource_ids=tuple(plan.opened.resources.get(key, ())),
        service_ids=frozenset(plan.opened.services.get(key, ())),
        longest_ticks=_longest_ticks(plan, key),
        public_from=row.public_from,
    )
