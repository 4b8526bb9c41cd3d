"""The number of a case in a call: what is known of it, and the warning that another appointment has it already."""

from __future__ import annotations

from collections.abc import Iterable

from flask import url_for

from booking.queries.appointments import by_reference
from booking.queries.same_case import invited_number
from core.errors import Invalid
from web.agent.call_request import Typed, field_errors
from web.agent.form_result import FormResult
from web.agent.held_slot_view import BookingFields, HeldSlotView, booking_fields
from web.page_context import StaffContext

USED_BEFORE = "case_number_used"


def fields_of_call(
    context: StaffContext, resident_id: int, held: HeldSlotView, typed: Typed, with_error: Iterable[str]
) -> BookingFields:
    """The fields beside the held slot; whoever is invited has the number of their invitation there."""
    ids = [one.id for one in held.services if one.case_number]
    asks = bool(ids) and not typed.case_number
    known = invited_number(context.db, context.authority.id, resident_id, ids) if asks else ""
    return booking_fields(held, typed, frozenset(with_error), known)


def number_warning(context: StaffContext, error: Invalid) -> FormResult | None:
    """The page's result when the number has another appointment, and can have this one all the same; else None."""
    reason = next(iter(error.errors.get("case_number", ())), None)
    if reason is None or reason.code != USED_BEFORE:
        return None
    reference = str(reason.facts["reference"]).replace(" ", "")
    resident_id = by_reference(context.db, context.catalogue, reference).resident.id
    where = url_for("agent.done", resident_id=resident_id, reference=reference)
    return FormResult(used_before=where, status=409)


def wrong(error: Invalid) -> FormResult:
    """The page's result when what was typed cannot be used."""
    return FormResult(errors=field_errors(error), status=400)
