"""The page of the message that asks whether somebody booked so much: what was booked, and one button that cancels it all."""

from __future__ import annotations

from contextlib import suppress

from flask import redirect, request
from flask.typing import ResponseReturnValue

from booking.queries import appointments
from booking.queries.appointments import AppointmentView
from booking.states import State, has_link_ended
from booking.use_cases.cancel import cancel
from core.audit import Actor
from core.errors import IllegalMove, NotFound
from core.flask_context import current_runtime
from locations.catalogue_queries import authorities, catalogue_by_id
from people.staff.access_marks import public
from reminders.outbox import bookings_like, withhold_for_owner
from web.page_context import PageContext
from web.resident.appointment_page import appointment_over, link_unknown
from web.resident.page_rendering import show
from web.resident.urls import blueprint


@blueprint.route("/manage/<token>/all", methods=["GET", "POST"])
@public
def several_bookings(token: str) -> ResponseReturnValue:
    """The open bookings of one day for one address. Opening the page changes nothing; sending its form cancels them all."""
    runtime = current_runtime()
    with runtime.database.reading() as db:
        try:
            authority_id, appointment_id = appointments.by_manage_token(db, token)
        except NotFound:
            return link_unknown(authorities(db))
        catalogue = catalogue_by_id(db, authority_id)
        view = appointments.by_id(db, catalogue, appointment_id)
        context = PageContext(runtime, db, catalogue, Actor.resident(), runtime.clock.now())
        if has_link_ended(view.ends_at, context.now):
            return appointment_over(context)
        found = bookings_like(db, view.id, view.created_at)
        views = [appointments.by_id(db, catalogue, found_id) for found_id in found]
        still_open = [one for one in views if one.state is State.BOOKED and one.starts_at > context.now]
        if request.method == "GET":
            return show("several_bookings", context, views=still_open, url=f"/manage/{token}/all")
    _cancel_all(context, still_open)
    return redirect(f"/manage/{token}/all", code=303)


def _cancel_all(context: PageContext, views: list[AppointmentView]) -> None:
    """Cancel what nobody at this address has booked, without a message about each."""
    runtime = context.runtime
    with runtime.database.writing() as db:
        withhold_for_owner(db, [view.id for view in views], context.now)
    for view in views:
        with suppress(IllegalMove):  # somebody else has ended it meanwhile
            cancel(runtime, view.authority_id, view.reference, actor=context.actor, by="resident", enforce_cutoff=False)
