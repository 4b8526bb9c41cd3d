"""What a caller has answered, as it goes on with the booking; and the triage that is to be asked before times are shown."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace

from booking.slot_tokens import SlotKey, decode
from booking.triage.call_answers import answers_in_call, given_in_call, may_see_times
from booking.triage.given_answers import words_of
from booking.use_cases.book import Booking
from booking.use_cases.calls import CallHold, open_call
from core.wall_clock import local_date_of
from locations.model import ServiceFacts
from locations.triage.in_front import triage_before
from locations.triage.tree import COME_TODAY, Tree
from people.residents.approach import Approach
from web.agent.call_request import CallState, Typed, answers_by_question
from web.agent.papers_in_call import papers_in_call
from web.page_context import StaffContext


def with_answers_of_call(
    context: StaffContext, resident_id: int, typed: Typed, hold: CallHold | None, booking: Booking
) -> Booking:
    """The booking with the answers to the questions of its services and to triages, and how they asked for help, if so.

    None goes with an appointment that moves.
    """
    if hold is None or hold.moving:
        return booking
    services = tuple(context.catalogue.service_by_id(service_id) for service_id in decode(hold.slot_token).service_ids)
    kept = open_call(context.runtime, context.call_with(resident_id)).typed
    trees = [tree for tree in context.authority.triages if _is_about(tree, kept, services)]
    answers = answers_in_call(trees, kept) | answers_by_question(typed, services)
    papers = papers_in_call(services, typed.answers, local_date_of(decode(hold.slot_token).start_unit, context.zone))
    if papers is not None:
        papers.check()
    booking = replace(booking, answers=answers, paper_answers=papers.stored if papers else {})
    if not any(given_in_call(tree, kept).path_in(tree).is_about_homelessness for tree in trees):
        return booking
    helper = booking.representative.name if booking.representative else ""
    return replace(booking, approach=Approach(context.now, booking.channel, words_of(answers), asked_by=helper))


def _is_about(tree: Tree, kept: Mapping[str, str], services: Collection[ServiceFacts]) -> bool:
    """Whether the triage stands in front of one of these services, or its answers have led to one: to no other visit do
    they go on.
    """
    outcome = given_in_call(tree, kept).path_in(tree).outcome
    named = {*tree.services, *(outcome.services if outcome else ())}
    return any(one.slug in named or (one.topic and one.topic in tree.topics) for one in services)


def only_today_at(context: StaffContext, resident_id: int, state: CallState) -> frozenset[int] | None:
    """The sites to which the answers in the call send somebody today, for the selected services; None where none do."""
    if state.moving or not context.authority.triages:
        return None
    services = [one for one in context.catalogue.services if one.slug in state.services]
    tree = triage_before(context.catalogue, services)
    if tree is None:
        return None
    kept = open_call(context.runtime, context.call_with(resident_id)).typed
    outcome = given_in_call(tree, kept).path_in(tree).outcome
    if outcome is None or outcome.kind != COME_TODAY:
        return None
    return frozenset(site.id for site in context.catalogue.sites if site.slug in outcome.sites)


def triage_to_ask(context: StaffContext, resident_id: int, state: CallState) -> str:
    """The slug of the triage in front of the selected services; empty where none is, or this call is done with it."""
    if state.moving or state.cancelling or state.picking or not context.authority.triages:
        return ""
    services = (one for one in context.catalogue.services if one.slug in state.services)
    tree = triage_before(context.catalogue, services)
    call = open_call(context.runtime, context.call_with(resident_id)) if tree else None
    if tree is None or call is None:
        return ""
    if call.hold:
        return triage_against(context, resident_id, state)
    return "" if may_see_times(tree, call.typed) else tree.slug


def triage_against(context: StaffContext, resident_id: int, state: CallState, slot_key: SlotKey | None = None) -> str:
    """The slug of the triage whose urgent answers are against a start, `slot_key` or what is held; empty where none is.

    Whoever cannot wait may have a start of today at a place to which the answers send them, and no other.
    """
    call = open_call(context.runtime, context.call_with(resident_id))
    slot_key = slot_key or (decode(call.hold.slot_token) if call.hold else None)
    if slot_key is None or state.moving:
        return ""
    tree = triage_before(context.catalogue, [context.catalogue.service_by_id(one) for one in slot_key.service_ids])
    path = given_in_call(tree, call.typed).path_in(tree) if tree else None
    if tree is None or path is None or not path.is_urgent:
        return ""
    is_today = local_date_of(slot_key.start_unit, context.zone) == context.today
    sites = {site.id for site in context.catalogue.sites if path.outcome and site.slug in path.outcome.sites}
    return "" if is_today and slot_key.site_id in sites else tree.slug
