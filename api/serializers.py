"""Services, sites and appointments as plain dictionaries, in the shapes of `answers`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from booking.calendar.event import is_by_phone
from booking.counted import counted_services
from booking.documents.progress_steps import steps_from
from booking.queries.appointments import AppointmentView
from booking.queries.slots import FreeSlot
from booking.states import RepresentativeView, ResidentView
from booking.visits.visit_queries import VisitOfDay
from booking.visits.visit_states import APPOINTMENT_STATES
from locations.catchment import catchment_of
from locations.drop_in_hours import DropIn
from locations.model import ServiceFacts, SiteFacts
from people.residents.approach import Approach
from reminders.history_queries import MessageHistoryEntry


def service(facts: ServiceFacts) -> dict[str, Any]:
    """A service."""
    return {
        "slug": facts.slug,
        "name": facts.name,
        "summary": facts.summary,
        "duration_minutes": facts.duration_minutes,
        "modes": list(facts.modes),
        "documents": list(facts.documents),
        "documents_by_case": [{"case": one.case, "documents": list(one.documents)} for one in facts.documents_by_case],
        "documents_by_rule": [
            {"document": rule.document, "says": rule.line, "taken": list(rule.taken)}
            for rule in facts.documents_by_rule
        ],
        "bookable_online": facts.bookable_online,
        "counts": _counts(facts),
        "catchment": _catchment(facts),
    }


def _catchment(facts: ServiceFacts) -> dict[str, Any] | None:
    found = catchment_of(facts)
    if found is None:
        return None
    wards = [ward.name for ward in found.wards]
    return {"areas": list(found.areas), "wards": wards, "is_rule": found.is_rule, "instead": found.instead}


def _counts(facts: ServiceFacts) -> dict[str, Any] | None:
    asked = facts.counting_question
    return None if asked is None else {"question": asked.ask, "minutes_each": asked.minutes_each, "most": asked.most}


def site(facts: SiteFacts, miles: float | None, hours: Iterable[DropIn], slugs: Mapping[int, str]) -> dict[str, Any]:
    """A site, with its distance in miles when that is known, and its hours without appointments; services by slug."""
    return {
        "slug": facts.slug,
        "name": facts.name,
        "kind": facts.kind,
        "address": facts.address,
        "postcode": facts.postcode,
        "features": sorted(facts.features),
        "distance_miles": None if miles is None else round(miles, 2),
        "drop_in": [
            {
                "starts_at": one.starts_at.isoformat(),
                "ends_at": one.ends_at.isoformat(),
                "services": sorted(slugs[service_id] for service_id in one.service_ids),
            }
            for one in hours
        ],
    }


def slot(free_slot: FreeSlot) -> dict[str, Any]:
    """A slot, as in the availability."""
    return {
        "slot": free_slot.token,
        "site": free_slot.site.slug,
        "mode": free_slot.mode,
        "starts_at": free_slot.starts_at.isoformat(),
        "ends_at": free_slot.ends_at.isoformat(),
        "free": free_slot.free,
    }


def appointment(view: AppointmentView) -> dict[str, Any]:
    """An appointment, whole. The manage link is left out: a key that may only read must not be able to change."""
    services = [facts.slug for facts in view.services]
    return {
        "reference": view.reference,
        "version": view.version,
        "status": view.state.value,
        "reason": view.state_reason,
        "moved_by": view.moved_by or None,
        "starts_at": moment(view.starts_at, view.zone),
        "ends_at": moment(view.ends_at, view.zone),
        "site": view.site.slug,
        "service": services[0] if services else "",
        "services": services,
        "resources": [resource.slug for resource in view.resources],
        "mode": view.mode,
        **remote(view),
        "channel": view.channel,
        "is_walk_in": view.is_walk_in,
        "old_reference": view.old_reference,
        "resident": resident(view.resident),
        "representative": representative(view.representative) if view.representative else None,
        "support_needs": list(view.support_needs),
        "unmet_needs": list(view.unmet_needs),
        "arrangements": [{"need": need, "state": state.value} for need, state in view.arrangements.items()],
        "documents": list(view.documents),
        "notes": view.notes,
        "numbers": [
            {"service": one.service, "question": one.ask, "number": one.number}
            for one in counted_services(view.services, view.counts)
        ],
        "first_contact": first_contact(view.first_contact, view.zone) if view.first_contact else None,
        "progress": [
            {"step": one.step.value, "paper": one.paper, "at": moment(one.at, view.zone)}
            for one in steps_from(view.progress)
        ],
        "created_at": moment(view.created_at, view.zone),
        "changed_at": moment(view.changed_at, view.zone),
    }


IN_PERSON = {"join_url": None, "rings": None}


def remote(view: AppointmentView) -> dict[str, str | None]:
    """Where it is joined, or which number is rung."""
    return {"join_url": view.join_url or None, "rings": (view.number_to_ring or None) if is_by_phone(view) else None}


def visit(view: VisitOfDay, zone: str) -> dict[str, Any]:
    """Somebody who has come, without their contacts."""
    return {
        "reference": view.reference,
        "version": view.version,
        "status": APPOINTMENT_STATES[view.state].value,
        "starts_at": moment(view.starts_at, zone) if view.starts_at else None,
        "ends_at": moment(view.ends_at, zone) if view.ends_at else None,
        "site": view.site.slug,
        "service": view.service.slug,
        "resident": {"name": view.name},
        "support_needs": list(view.support_needs),
        "is_walk_in": view.is_walk_in,
        "ticket": view.ticket,
        "resource": view.desk.slug if view.desk else None,
        "arrived_at": moment(view.arrived_at, zone),
        "called_at": moment(view.called_at, zone) if view.called_at else None,
    }


def resident(view: ResidentView) -> dict[str, Any]:
    """Who it is for."""
    address, _line, postcode = view.known_postal.rpartition("\n")
    return {
        "name": view.name,
        "email": view.email,
        "phone": view.phone,
        "address": address,
        "postcode": postcode or view.postcode,
        "language": view.language,
        "contact_preference": view.contact_preference,
        "do_not_text": view.do_not_text,
        "leave_no_message": view.leave_no_message,
        "uses_neutral_name": view.uses_neutral_name,
    }


def representative(view: RepresentativeView) -> dict[str, Any]:
    """Who acts for them."""
    facts = ("name", "basis", "email", "phone", "address", "postcode")
    return {name: getattr(view, name) for name in facts}


def first_contact(approach: Approach, zone: str) -> dict[str, Any]:
    """When and how they first asked for help with homelessness, where the appointment follows from that: never the words."""
    return {"asked_at": moment(approach.asked_at, zone), "channel": approach.channel}


def notification(entry: MessageHistoryEntry, zone: str) -> dict[str, Any]:
    """A message of an appointment."""
    return {
        "kind": entry.full_kind,
        "channel": entry.channel,
        "version": entry.version,
        "state": entry.status,
        "due_at": moment(entry.due_at, zone),
        "sent_at": moment(entry.sent_at, zone) if entry.sent_at else None,
        "delivered_at": moment(entry.delivered_at, zone) if entry.delivered_at else None,
        "tries": entry.tries,
    }


def moment(at: datetime, zone: str) -> str:
    """ISO 8601 with the offset that the zone has then."""
    return at.astimezone(ZoneInfo(zone)).isoformat()
