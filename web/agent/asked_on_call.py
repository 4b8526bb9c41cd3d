"""What a caller has answered, as it goes on with the booking; and the triage that is to be asked before times are shown."""

from __future__ import annotations

from booking.slot_tokens import decode
from booking.triage.call_answers import answers_in_call, is_done
from booking.use_cases.calls import CallHold, open_call
from locations.triage.in_front import triage_before
from web.agent.call_request import CallState, Typed, answers_by_question
from web.page_context import StaffContext


def answers_of_call(context: StaffContext, resident_id: int, typed: Typed, hold: CallHold | None) -> dict[str, str]:
    """The answers to the questions of the services that are held to be booked, and to triages; none for one that moves."""
    if hold is None or hold.moving:
        return {}
    services = tuple(context.catalogue.service_by_id(service_id) for service_id in decode(hold.slot_token).service_ids)
    kept = open_call(context.runtime, context.call_with(resident_id)).typed
    return answers_in_call(context.authority.triages, kept) | answers_by_question(typed, services)


def triage_to_ask(context: StaffContext, resident_id: int, state: CallState) -> str:
    """The slug of the triage in front of the selected services; empty where none is, or this call is done with it."""
    if state.moving or state.cancelling or state.picking or not context.authority.triages:
        return ""
    services = (one for one in context.catalogue.services if one.slug in state.services)
    tree = triage_before(context.catalogue, services)
    call = open_call(context.runtime, context.call_with(resident_id)) if tree else None
    return "" if tree is None or call is None or call.hold or is_done(tree, call.typed) else tree.slug
