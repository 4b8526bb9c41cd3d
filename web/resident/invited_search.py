"""The search of somebody who is invited: whose invitation this browser opened, and the times that it is for."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from flask import redirect
from flask.typing import ResponseReturnValue

from booking.invitations.invitation_queries import InvitationView, invitation_by_mark
from booking.queries.slots import FreeSlot, SlotQuery
from booking.slot_tokens import SlotKey
from core.wall_clock import local_date_of
from web.page_context import PageContext
from web.resident.opened_links import mark_by_name
from web.resident.search_state import SearchState, has_ended

INVITED_HERE = "invited:"  # of a browser's state


def invitation_here(context: PageContext, search: SearchState) -> InvitationView | None:
    """The open invitation of the search, if this browser opened its link lately and the search is for its service."""
    if search.invitation is None:
        return None
    view = invitation_opened(context, search.invitation)
    is_for_it = view is not None and search.services == (view.service.slug,)
    can_book = view is not None and is_for_it and view.is_open(context.today) and is_given(context, view)
    return view if can_book else None


def is_given(context: PageContext, view: InvitationView) -> bool:
    """Whether the service is still given, at a place that the invitation is for."""
    sites = [one for one in context.catalogue.sites if not view.times.site_ids or one.id in view.times.site_ids]
    is_somewhere = any(view.service.id in one.service_ids and not has_ended(one, context.today) for one in sites)
    return is_somewhere and not has_ended(view.service, context.today)


def invitation_opened(context: PageContext, number: int) -> InvitationView | None:
    """The invitation of this number, whatever has become of it, if this browser opened its link lately."""
    mark = mark_by_name(context, f"{INVITED_HERE}{number}")
    return invitation_by_mark(context.db, context.catalogue, number, mark)


def invitation_due(
    context: PageContext, search: SearchState, slot_key: SlotKey | None = None
) -> ResponseReturnValue | None:
    """The way to the page of the invitation, where the search or the time goes by one that is not for it; else None."""
    if search.invitation is None or search.moving:
        return None
    view = invitation_here(context, search)
    if view is not None and (slot_key is None or is_invited_time(context, view, slot_key)):
        return None
    return redirect(f"{context.base}/invited/{search.invitation}", code=303)


def is_invited_time(context: PageContext, view: InvitationView, slot_key: SlotKey) -> bool:
    """Whether the time is one of those that the invitation is for."""
    day = local_date_of(slot_key.start_unit, context.zone)
    return view.times.has(slot_key.service_ids, slot_key.site_id, slot_key.mode, day)


def within_invitation(context: PageContext, search: SearchState, query: SlotQuery) -> SlotQuery:
    """The query without what the invitation of the search is not for."""
    view = invitation_here(context, search)
    if view is None:
        return query
    asked, sites = query.site_ids, view.times.site_ids
    chosen = tuple(sites) if asked is None else tuple(one for one in asked if one in sites)
    within = (view.times.first_date, view.times.last_date)
    return replace(query, within=within, site_ids=chosen if sites else asked, mode=view.times.mode or query.mode)


def of_invitation(context: PageContext, search: SearchState, slots: Iterable[FreeSlot]) -> list[FreeSlot]:
    """Those of the slots that the invitation of the search is for; all where it has none."""
    view = invitation_here(context, search)
    return [one for one in slots if view is None or is_invited_time(context, view, one.slot_key)]
