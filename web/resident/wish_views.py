"""Waiting for an earlier time of a booked appointment: asked for, changed, and ended by whoever has its link."""

from __future__ import annotations

from flask import Response, request
from flask.typing import ResponseReturnValue

from booking.appointment_repository import service_ids_of
from booking.queries.open_wishes import wish_of_appointment
from booking.queries.slots import SlotQuery
from booking.use_cases.wishes import NewWish, make_wish, withdraw_wish
from core.audit import Actor
from core.errors import IllegalMove, Invalid
from people.staff.access_marks import public
from reminders.reach_queries import can_be_told
from web.components.wish_fields import WishForm
from web.resident.appointment_page import AppointmentPage, open_appointment_context
from web.resident.urls import blueprint


@blueprint.route("/<authority:authority>/appointment/<reference>/earlier", methods=["GET", "POST"])
@public
def earlier(authority: str, reference: str) -> ResponseReturnValue:
    """Ask when an earlier time would suit, and wait for one."""
    with open_appointment_context(authority, reference) as page:
        refusal = page.refuse_unless_booked()
        if refusal is not None:
            return refusal
        wish = wish_of_appointment(page.context.db, page.context.catalogue, page.view.id, page.context.now)
        form = WishForm()
        form.offer(page.context.catalogue, _query(page), page.view.site, page.context.today)
        if wish is not None:
            form.offer_wanted(wish)
        can_wait = page.may_wait and can_be_told(page.context.db, page.view.id)
        if wish is not None and request.method == "GET":
            form.show(wish)
        if not can_wait or not form.validate_on_submit():
            return page.show("earlier", form=form, back=page.url, can_wait=can_wait)
        page.count_change()
        try:
            _wait(page, form)
        except Invalid as error:
            is_shown = form.refuse_all(error)
            status = 400 if is_shown else 409
            return Response(page.show("earlier", form=form, back=page.url, can_wait=is_shown), status=status)
        except IllegalMove as error:
            return page.show_refusal(error.code)
        return page.redirect("waiting")


@blueprint.post("/<authority:authority>/appointment/<reference>/earlier/stop")
@public
def stop_waiting(authority: str, reference: str) -> ResponseReturnValue:
    """Wait no longer; a time that is held is free for others."""
    with open_appointment_context(authority, reference) as page:
        wish = wish_of_appointment(page.context.db, page.context.catalogue, page.view.id, page.context.now)
        if wish is not None:
            withdraw_wish(page.context.runtime, page.view.authority_id, wish.id, actor=Actor.resident())
        return page.redirect("not_waiting")


def _wait(page: AppointmentPage, form: WishForm) -> None:
    from_time, to_time = form.hours
    new = NewWish(
        channel="online",
        appointment=page.view.reference,
        sites=form.sites,
        weekdays=form.wanted_weekdays,
        from_time=from_time,
        to_time=to_time,
        until=form.until.day,
    )
    make_wish(page.context.runtime, page.view.authority_id, new, actor=Actor.resident())


def _query(page: AppointmentPage) -> SlotQuery:
    services = service_ids_of(page.context.db, page.view.id)
    needs = frozenset(page.view.support_needs)
    return SlotQuery(services, mode=page.view.mode, needs=needs, counts=page.view.counts)
