"""The page of the message that asks whether somebody booked so much: what was booked, and one button that cancels it all.

It shows what others may have booked, so a manage link does not open it: its address has a proof that was only ever in a
message to the address that all of it was booked for.
"""

from __future__ import annotations

from contextlib import suppress

from flask import Response, redirect, request
from flask.typing import ResponseReturnValue

from booking.queries import appointments, link_tokens
from booking.queries.appointments import AppointmentView
from booking.states import State, has_link_ended
from booking.use_cases.cancel import cancel
from core.errors import IllegalMove, NotFound
from core.flask_context import current_runtime
from core.tokens import is_owner_proof, stamp_of
from locations.catalogue_queries import authorities, catalogue_by_id
from people.staff.access_marks import public
from reminders.reach_queries import address_of, bookings_for, withhold_for_owner
from web.page_context import PageContext, resident_context
from web.resident.appointment_page import appointment_over, link_unknown
from web.resident.page_rendering import show
from web.resident.urls import blueprint


@blueprint.route("/manage/<token>/all/<proof>", methods=["GET", "POST"])
@public
def several_bookings(token: str, proof: str) -> ResponseReturnValue:
    """The open bookings of one day for one address. Opening the page changes nothing; sending its form cancels them all."""
    runtime = current_runtime()
    with runtime.database.reading() as db:
        try:
            authority_id, appointment_id = link_tokens.by_manage_token(db, token)
        except NotFound:
            return link_unknown(authorities(db))
        address = address_of(db, appointment_id)
        if not is_owner_proof(
            runtime.settings.secret_keys, link_tokens.manage_nonce(db, appointment_id), address, proof
        ):
            return link_unknown(authorities(db))
        context = resident_context(runtime, db, catalogue_by_id(db, authority_id))
        view = appointments.by_id(db, context.catalogue, appointment_id)
        if has_link_ended(view.ends_at, context.now):
            return appointment_over(context)
        still_open = _open_bookings(context, bookings_for(db, authority_id, address, view.created_at))
        url, seen = f"/manage/{token}/all/{proof}", stamp_of(*(one.stamp for one in still_open))
        has_changed = request.method == "POST" and request.form.get("seen", "") != seen
        if request.method == "GET" or has_changed:
            page = show("several_bookings", context, views=still_open, url=url, seen=seen, has_changed=has_changed)
            return Response(page, status=409 if has_changed else 200)
    _cancel_all(context, still_open)
    return redirect(url, code=303)


def _open_bookings(context: PageContext, found: list[int]) -> list[AppointmentView]:
    views = [appointments.by_id(context.db, context.catalogue, found_id) for found_id in found]
    return [view for view in views if view.state is State.BOOKED and view.starts_at > context.now]


def _cancel_all(context: PageContext, views: list[AppointmentView]) -> None:
    """Cancel what nobody at this address has booked, without a message about each."""
    runtime = context.runtime
    with runtime.database.writing() as db:
        withhold_for_owner(db, [view.id for view in views], context.now)
    for view in views:
        with suppress(IllegalMove):  # somebody else has ended it meanwhile
            cancel(runtime, view.authority_id, view.reference, actor=context.actor, by="resident", enforce_cutoff=False)
