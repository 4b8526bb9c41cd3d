"""Rows of a council's services turned into facts."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.wall_clock import TICK_MINUTES
from locations.closure_queries import ending_of
from locations.document_cases import document_case
from locations.model import AuthorityFacts, RequirementFacts, ServiceFacts
from locations.own_words import triage_question
from locations.paper_rules import paper_rule
from locations.tables import Service
from locations.wards.tables import Ward
from locations.wards.ward_facts import WardFacts


def load_services(db: Session, authority: AuthorityFacts) -> tuple[ServiceFacts, ...]:
    """The authority's services by topic and name, with their policies resolved."""
    found = db.scalars(
        select(Service).where(Service.authority_id == authority.id).order_by(Service.topic, Service.name, Service.id),
        execution_options={"populate_existing": True},
    )
    rows = found.all()
    wards = _wards(db, authority.id) if any(row.wards for row in rows) else {}
    return tuple(_service_facts(row, authority, wards) for row in rows)


def _wards(db: Session, authority_id: int) -> Mapping[str, WardFacts]:
    """The wards of the authority by slug."""
    columns = select(Ward.slug, Ward.name, Ward.postcodes, Ward.translations)
    rows = db.execute(columns.where(Ward.authority_id == authority_id).order_by(Ward.id)).all()
    known = frozenset(postcode for row in rows for postcode in row.postcodes)
    return {row.slug: WardFacts(row.slug, row.name, frozenset(row.postcodes), known, row.translations) for row in rows}


def visit_ticks(db: Session, authority: AuthorityFacts) -> Mapping[int, int]:
    """How long each service of the authority occupies what it needs, with the clearing up."""
    columns = select(Service.id, Service.duration_minutes, Service.turnaround_minutes)
    rows = db.execute(columns.where(Service.authority_id == authority.id))
    return {service_id: -(-(duration + turnaround) // TICK_MINUTES) for service_id, duration, turnaround in rows}


# What the facts have as the row does.
AS_STORED = (
    *("translations", "online_instead", "online_url", "post_instead", "bookable_online"),
    "done_without_visit",
    *("waiting_list_first", "offered_at_once", "answer_days", "confirm_days_before", "confirm_within_hours"),
    *("third_time_within_days", "seen_within_minutes", "promise_alarm_days"),
    *("opens_same_day_early", "is_same_day_open", "same_day_opened_at"),
    *("catchment_kind", "catchment_instead", "catchment_may_be_passed", "named_adviser"),
    *("case_number", "case_number_form", "case_number_listed", "case_number_again"),
)


def _service_facts(row: Service, authority: AuthorityFacts, wards: Mapping[str, WardFacts]) -> ServiceFacts:
    own = partial(_resolved, row, authority)
    return ServiceFacts(
        id=row.id,
        slug=row.slug,
        name=row.name,
        topic=row.topic,
        summary=row.summary,
        duration_minutes=row.duration_minutes,
        turnaround_minutes=row.turnaround_minutes,
        grid_minutes=row.grid_minutes,
        modes=tuple(row.modes),
        documents=tuple(row.documents),
        documents_by_case=tuple(map(document_case, row.documents_by_case)),
        documents_by_rule=tuple(map(paper_rule, row.documents_by_rule)),
        also_called=tuple(row.also_called),
        done_lines=tuple(row.done_lines),
        message_name=row.message_name,
        ending=ending_of(row),
        catchment=tuple(row.catchment),
        wards=tuple(wards[slug] for slug in row.wards if slug in wards),
        triage_questions=tuple(map(triage_question, row.triage_questions)),
        **{name: getattr(row, name) for name in AS_STORED},
        lead_minutes=own("lead_minutes"),
        horizon_days=own("horizon_days"),
        open_limit=own("open_limit"),
        cancel_cutoff_minutes=own("cancel_cutoff_minutes"),
        reminder_plan=tuple(own("reminder_plan")),
        requirements=tuple(
            RequirementFacts(need["kind"], frozenset(need.get("skills", ()))) for need in row.requirements
        ),
    )


def _resolved(row: Service, authority: AuthorityFacts, policy: str) -> Any:
    """The service's own policy, or the authority's where it has none."""
    own = getattr(row, policy)
    return getattr(authority, policy) if own is None else own
