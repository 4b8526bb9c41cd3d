"""The answers to another time that is held for somebody, after a closure or because they wait: take it, or decline it."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress

from flask import Response
from flask.typing import ResponseReturnValue

from booking.queries.open_proposals import rebooking_of
from booking.queries.open_wishes import wish_of_appointment
from booking.use_cases.confirm import confirm
from booking.use_cases.offers import accept_offer, decline_proposal
from core.audit import Actor
from core.errors import HoldExpired, IllegalMove, Invalid, SlotTaken, Stale, TooSoon
from people.staff.access_marks import public
from web.resident.appointment_page import AppointmentPage, open_appointment_context
from web.resident.manage_views import MESSAGES, show_appointment
from web.resident.urls import blueprint


@blueprint.post("/<authority:authority>/appointment/<reference>/offer")
@public
def accept(authority: str, reference: str) -> ResponseReturnValue:
    """Move the appointment to the time that is held for it."""
    with open_appointment_context(authority, reference) as page:

        def answer() -> None:
            accept_offer(
                page.context.runtime,
                page.view.authority_id,
                reference,
                actor=Actor.resident(),
                seen=page.seen,
                idempotency=page.form_key("offer"),
            )

        return _answered(page, answer, "moved")


@blueprint.post("/<authority:authority>/appointment/<reference>/offer/decline")
@public
def decline(authority: str, reference: str) -> ResponseReturnValue:
    """Give the time back that is held; the council rings."""
    with open_appointment_context(authority, reference) as page:

        def answer() -> None:
            decline_proposal(
                page.context.runtime, page.view.authority_id, reference, actor=Actor.resident(), seen=page.seen
            )

        if not _is_earlier(page):
            return _answered(page, answer, "declined")

        def keep() -> None:
            answer()
            with suppress(IllegalMove):  # it has begun meanwhile: there is nothing to confirm
                confirm(page.context.runtime, page.view.authority_id, reference, actor=Actor.resident())

        page.count_change()  # the next time that is free is offered by another message
        return _answered(page, keep, "kept")


def _is_earlier(page: AppointmentPage) -> bool:
    """Whether they wait for an earlier time, and have an appointment that takes place."""
    db, catalogue, now = page.context.db, page.context.catalogue, page.context.now
    is_to_be_rebooked = rebooking_of(db, catalogue, page.view.id, now) is not None
    return not is_to_be_rebooked and wish_of_appointment(db, catalogue, page.view.id, now) is not None


def _answered(page: AppointmentPage, answer: Callable[[], None], message: str) -> ResponseReturnValue:
    """Back to the appointment's page, which shows what is true now."""
    over = "earlier_over" if _is_earlier(page) else "offer_over"
    try:
        answer()
    except (HoldExpired, Invalid, SlotTaken, TooSoon):
        return _refused(page, over)
    except Stale:
        return _refused(page, "offer_changed")
    except IllegalMove as error:
        return page.show_refusal(error.code)
    return page.redirect(message)


def _refused(page: AppointmentPage, why: str) -> ResponseReturnValue:
    """The appointment's page as it is now, which says that nothing was changed."""
    with open_appointment_context(page.context.authority.slug, page.view.reference) as now:
        return Response(show_appointment(now, MESSAGES[why]), status=409)
