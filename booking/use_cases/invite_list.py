"""A list of people is taken to be invited for a service, wave by wave: all of them, or nobody."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from booking.invitations.cohort_queries import invited_for, matched_rows
from booking.invitations.cohort_rules import (
    LONGEST_NAME,
    MOST_DAYS,
    MOST_PEOPLE,
    MOST_PER_WAVE,
    CohortState,
    ListRow,
    NewCohort,
)
from booking.invitations.invitation_rules import BY_EMAIL, LONGEST_WORDS, InvitationState
from booking.invitations.tables import Cohort, Invitation
from booking.use_cases.invite import check_window, service_to_invite_for, sites_to_invite_to
from core.audit import Actor, record
from core.contact_values import postal_of, takes_texts
from core.errors import Invalid, Stale
from core.idempotency import IdempotencyKey, run_once
from core.runtime import Runtime
from core.tokens import digest, invitation_token, new_nonce
from locations.case_numbers import number_key
from locations.catalogue_queries import catalogue_by_id
from locations.model import Catalogue
from people.residents.details import ResidentDetails
from people.residents.new_residents_repository import create_residents
from people.residents.tables import Resident


def invite_list(
    runtime: Runtime,
    authority_id: int,
    new: NewCohort,
    rows: Sequence[ListRow],
    chosen: Mapping[int, int],
    *,
    actor: Actor,
    served: Collection[int] | None = None,
    idempotency: IdempotencyKey | None = None,
) -> int:
    """The id of the list. `chosen` has the record of each line for which there may be one, 0 for a new one.

    A record that is chosen stays as it is. Raises: Invalid, naming the field, also where nobody has chosen for a line
    that may be somebody in the records; Stale when a record is gone, or its person is invited for this meanwhile;
    IdempotencyMismatch.
    """

    def operation(db: Session) -> dict[str, Any]:
        now, catalogue = runtime.clock.database_now(db), catalogue_by_id(db, authority_id)
        cohort = _cohort(catalogue, new, actor, now, served)
        db.add(cohort)
        db.flush()
        people = _people(db, authority_id, cohort.service_id, rows, chosen, now)
        db.execute(insert(Invitation), [_values(runtime, cohort, row, people[row.line]) for row in rows])
        facts: dict[str, Any] = {"service": cohort.service_id, "people": len(rows)}
        record(db, actor, "list_invited", ("cohort", cohort.id), authority_id=authority_id, now=now, **facts)
        return {"id": cohort.id}

    made: int = run_once(runtime.database, idempotency, operation, runtime.clock.now())["id"]
    return made


def check_cohort(catalogue: Catalogue, new: NewCohort, served: Collection[int] | None, now: datetime) -> list[int]:
    """The ids of the sites. Raises: Invalid, naming the field."""
    service = service_to_invite_for(catalogue, new.service)
    check_window(new.first_date, new.last_date, now.astimezone(ZoneInfo(catalogue.authority.zone)).date())
    site_ids = sites_to_invite_to(catalogue, service, new.sites, served)
    if new.mode and new.mode not in service.modes:
        raise Invalid.in_field("mode", "invitation_mode")
    for name, longest in (("words", LONGEST_WORDS), ("name", LONGEST_NAME)):
        if len(getattr(new, name)) > longest:
            raise Invalid.in_field(name, "too_long", longest=longest)
    if not new.name.strip():
        raise Invalid.in_field("name", "no_name")
    if new.per_wave is not None and not 1 <= new.per_wave <= MOST_PER_WAVE:
        raise Invalid.in_field("per_wave", "wave_number", most=MOST_PER_WAVE)
    if not 1 <= new.every_days <= MOST_DAYS:
        raise Invalid.in_field("every_days", "wave_days", most=MOST_DAYS)
    return site_ids


def _cohort(
    catalogue: Catalogue, new: NewCohort, actor: Actor, now: datetime, served: Collection[int] | None
) -> Cohort:
    site_ids = check_cohort(catalogue, new, served, now)
    same = ("name", "first_date", "last_date", "mode", "words", "per_wave", "every_days")
    return Cohort(
        authority_id=catalogue.authority.id,
        service_id=service_to_invite_for(catalogue, new.service).id,
        site_ids=site_ids,
        **{name: getattr(new, name) for name in same},
        state=CohortState.RUNNING.value,
        version=1,
        waves=0,
        next_wave_at=now,
        made_by=actor.id if actor.kind == "staff" else None,
        made_at=now,
    )


def _people(
    db: Session, authority_id: int, service_id: int, rows: Sequence[ListRow], chosen: Mapping[int, int], now: datetime
) -> dict[int, int]:
    """The resident of each line. Raises: Stale, Invalid."""
    if not rows or len(rows) > MOST_PEOPLE:
        raise Invalid.in_field("file", "rows_too_many" if rows else "import_empty", most=MOST_PEOPLE)
    wanted = [chosen[row.line] for row in rows if chosen.get(row.line)]
    if len(set(wanted)) < len(wanted):
        raise Invalid.in_field("file", "list_record_twice")
    here = (Resident.authority_id == authority_id, Resident.anonymised_at.is_(None), Resident.id.in_(wanted))
    ids = select(Resident.id).where(*here).order_by(Resident.id).with_for_update(key_share=True)
    if set(db.scalars(ids)) != set(wanted) or invited_for(db, authority_id, service_id) & set(wanted):
        raise Stale.because("list_changed")
    unsaid = [row for row in rows if row.line not in chosen]
    if lines := [one.row.line for one in matched_rows(db, authority_id, service_id, unsaid) if one.known]:
        raise Invalid.in_field(f"line_{lines[0]}", "list_record_unsaid", line=lines[0])
    new = [row for row in rows if not chosen.get(row.line)]
    made = create_residents(db, authority_id, [_details(row) for row in new], now)
    return {row.line: id_ for row, id_ in zip(new, made, strict=True)} | {
        row.line: chosen[row.line] for row in rows if chosen.get(row.line)
    }


def _details(row: ListRow) -> ResidentDetails:
    by_post = "letter" if postal_of(row.address, row.postcode) else "email"
    way = "email" if row.email else "text" if takes_texts(row.phone) else by_post
    same = {name: getattr(row, name) for name in ("name", "email", "phone", "address", "postcode")}
    return ResidentDetails(**same, message_language=row.language, contact_preference=way)


def _values(runtime: Runtime, cohort: Cohort, row: ListRow, resident_id: int) -> dict[str, Any]:
    nonce = new_nonce()
    same = ("authority_id", "service_id", "first_date", "last_date", "site_ids", "mode", "words")
    return {name: getattr(cohort, name) for name in same} | {
        "resident_id": resident_id,
        "cohort_id": cohort.id,
        "case_number": row.reference,
        "case_key": number_key(row.reference),
        "told_by": BY_EMAIL,  # it is known when their wave goes
        "state": InvitationState.WAITING.value,
        "link_nonce": nonce,
        "link_digest": digest(invitation_token(runtime.settings.secret_key, nonce)),
        "invited_by": cohort.made_by,
        "invited_at": cohort.made_at,
    }
