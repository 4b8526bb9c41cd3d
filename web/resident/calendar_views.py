"""All of a resident's appointments in their calendar: the address, who may make it, and the calendar itself.

A manage link opens one appointment, and whoever books sees it, whatever address they typed. So the page that makes the
address opens by a link that only a message to the email address of the appointment carries.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from flask import Response, abort, make_response, redirect, request, url_for
from flask.typing import ResponseReturnValue

from booking.queries import appointments, link_tokens
from booking.queries.appointments import AppointmentView
from booking.queries.resident_feeds import is_in_use, made_at, resident_feed_by_token
from booking.states import has_link_ended
from booking.use_cases.manage_links import send_link_again
from booking.use_cases.own_calendar import make_resident_feed, revoke_feed_at, revoke_resident_feed
from core.errors import IdempotencyMismatch, NotFound
from core.flask_context import current_runtime
from core.personal_data import mask_email
from core.tokens import is_owner_proof
from locations.catalogue_queries import authorities, catalogue_by_id
from people.staff.access_marks import public
from reminders.reach_queries import address_of, link_address_of
from reminders.resident_calendar_queries import resident_calendar
from web.calendar_answers import calendar_answer, count_reading
from web.page_context import PageContext, resident_context
from web.resident.appointment_page import appointment_over, link_unknown, open_appointment_context
from web.resident.page_rendering import show
from web.resident.urls import blueprint


@dataclass(frozen=True)
class CalendarPage:
    """The page of whoever has proved that they read the mail of `reader`."""

    context: PageContext
    view: AppointmentView
    reader: str
    url: str

    def show(self, *, address: str = "", was_revoked: bool = False) -> Response:
        """The page; with the address that was just made. Nobody may keep it, nor tell from where they come."""
        with self.context.runtime.database.reading() as db:
            made = made_at(db, self.view.authority_id, self.view.resident.id, self.reader)
        values = {"made": made, "url": self.url, "address": address, "was_revoked": was_revoked}
        values |= {"reader": mask_email(self.reader), "webcal": f"webcal:{address.partition(':')[2]}"}
        response = make_response(show("own_calendar", self.context, view=self.view, **values))
        response.headers["Referrer-Policy"] = "no-referrer"
        return response


@blueprint.route("/<authority:authority>/appointment/<reference>/calendar", methods=["GET", "POST"])
@public
def calendar_link(authority: str, reference: str) -> ResponseReturnValue:
    """What a calendar of all appointments is, and the button that has its link sent to the address of this one."""
    with open_appointment_context(authority, reference) as page:
        reader = link_address_of(page.context.db, page.view.id)
        if request.method == "POST" and reader:
            page.count_change()
            send_link_again(page.context.runtime, page.view.authority_id, page.view.id)
            return redirect(f"{page.url}/calendar?said=sent", code=303)
        return page.show("calendar_link", reader=mask_email(reader), is_sent=request.args.get("said") == "sent")


@blueprint.get("/manage/<token>/calendar/<proof>")
@public
def own_calendar(token: str, proof: str) -> ResponseReturnValue:
    """Whether there is an address, and what can be done about it. Opening the page changes nothing."""
    with _open_page(token, proof) as page:
        return page.show(was_revoked="revoked" in request.args)


@blueprint.post("/manage/<token>/calendar/<proof>", endpoint="make_own_calendar")
@public
def make_own_calendar(token: str, proof: str) -> ResponseReturnValue:
    """Make the address, in place of the former one, and show it, this once; or stop it."""
    with _open_page(token, proof) as page:
        context, view = page.context, page.view
        operation = f"own calendar:{view.resident.id}"
    if "stop" in request.form:
        revoke_resident_feed(context.runtime, view.authority_id, view.resident.id, page.reader)
        return redirect(f"{page.url}?revoked=1", code=303)
    key = context.form_key(operation, page.reader)
    try:
        made = make_resident_feed(context.runtime, view.authority_id, view.resident.id, page.reader, idempotency=key)
    except IdempotencyMismatch:
        return redirect(page.url, code=303)
    with context.runtime.database.reading() as db:
        if not is_in_use(db, made.id):  # the form that made it was sent again, after it was stopped
            return redirect(page.url, code=303)
    feed = url_for("resident.resident_feed", token=made.token)
    return page.show(address=f"{context.runtime.settings.public_url}{feed}")


@blueprint.get("/feeds/own/<token>.ics")
@public
def resident_feed(token: str) -> ResponseReturnValue:
    """The calendar at a secret address. The answer for an unknown and for a revoked one is the same."""
    runtime = current_runtime()
    count_reading(runtime, token)
    with runtime.database.reading() as db:
        feed = resident_feed_by_token(db, token)
        text = resident_calendar(db, feed, runtime.settings, runtime.clock.now())
    return calendar_answer(text, "appointments.ics")


@blueprint.route("/feeds/own/<token>", methods=["GET", "POST"])
@public
def resident_feed_page(token: str) -> ResponseReturnValue:
    """The page of a secret address, on which whoever has it stops it; its resident may have no appointment any more."""
    runtime = current_runtime()
    count_reading(runtime, token)
    with runtime.database.reading() as db:
        feed = resident_feed_by_token(db, token)
        context = resident_context(runtime, db, catalogue_by_id(db, feed.authority_id))
        is_stopped = request.method == "POST"
        if is_stopped:
            revoke_feed_at(runtime, token)
        response = make_response(show("stop_calendar", context, url=request.path, is_stopped=is_stopped))
    response.headers["Referrer-Policy"] = "no-referrer"
    return response


@contextmanager
def _open_page(token: str, proof: str) -> Iterator[CalendarPage]:
    """The page for the reader of the appointment's mail; nothing for a link that is unknown, forged or over."""
    runtime = current_runtime()
    with runtime.database.reading() as db:
        try:
            authority_id, appointment_id = link_tokens.by_manage_token(db, token)
        except NotFound:
            abort(link_unknown(authorities(db)))
        reader, nonce = address_of(db, appointment_id), link_tokens.manage_nonce(db, appointment_id)
        if not reader or not is_owner_proof(runtime.settings.secret_keys, nonce, reader, proof):
            abort(link_unknown(authorities(db)))
        context = resident_context(runtime, db, catalogue_by_id(db, authority_id))
        view = appointments.by_id(db, context.catalogue, appointment_id)
        if has_link_ended(view.ends_at, context.now):
            abort(appointment_over(context))
        yield CalendarPage(context, view, reader, f"/manage/{token}/calendar/{proof}")
