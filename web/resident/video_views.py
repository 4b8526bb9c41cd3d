"""The page on which a resident waits for an appointment by video, the way out of it, and a test of camera and sound."""

from __future__ import annotations

from datetime import timedelta

from flask import Response, make_response, redirect, request
from flask.typing import ResponseReturnValue

from booking.states import State, may_ring_instead
from booking.use_cases.ring_instead import ring_instead
from core.audit import Actor
from core.errors import IllegalMove, Invalid, Stale
from people.staff.access_marks import public
from web.page_context import council_context
from web.resident.appointment_page import AppointmentPage, open_appointment_context
from web.resident.page_rendering import show
from web.resident.urls import blueprint
from web.response_headers import allow_camera

OPENS_BEFORE = timedelta(minutes=10)  # when the way in stands on the page
REFRESHED_BEFORE = timedelta(hours=1)  # when the page begins to look again by itself, every so many seconds
REFRESH_SECONDS = 30


@blueprint.get("/<authority:authority>/appointment/<reference>/video")
@public
def video(authority: str, reference: str) -> ResponseReturnValue:
    """Says that they are in the right place, and has the way in when it is time; refreshed by the browser, without script.

    With `?still=1` it stays as it is, for whoever reads slowly or has it read aloud.
    """
    with open_appointment_context(authority, reference) as page:
        if not _is_open(page):
            return redirect(page.url, code=303)
        response = make_response(page.show("video", **_facts(page)))
        if _looks_again(page):
            response.headers["Refresh"] = str(REFRESH_SECONDS)
        return response


@blueprint.post("/<authority:authority>/appointment/<reference>/video")
@public
def ring_me(authority: str, reference: str) -> ResponseReturnValue:
    """Have them rung instead, or not after all."""
    with open_appointment_context(authority, reference) as page:
        wanted = request.form.get("instead", "1") == "1"
        try:
            ring_instead(
                page.context.runtime,
                page.view.authority_id,
                reference,
                actor=Actor.resident(),
                is_rung=wanted,
                seen=page.seen,
            )
        except Stale:
            return page.show_stale("video", **_facts(page))
        except Invalid:  # a number is given on another page, by whoever may change the record
            return redirect(f"{page.url}/contact#phone", code=303)
        except IllegalMove:
            return redirect(page.url, code=303)
        return redirect(f"{page.url}/video", code=303)


@blueprint.get("/<authority:authority>/video-test")
@public
def video_test(authority: str) -> Response:
    """A test of camera and sound in the browser, for anybody and at any time; nothing of it leaves the browser."""
    with council_context(authority) as context:
        return allow_camera(make_response(show("video_test", context, back="")))


def _is_open(page: AppointmentPage) -> bool:
    view = page.view
    return may_ring_instead(view.mode, view.state, view.ends_at, page.context.now)


def _looks_again(page: AppointmentPage) -> bool:
    is_soon = page.context.now >= page.view.starts_at - REFRESHED_BEFORE
    return is_soon and not page.view.is_rung_instead and request.args.get("still") != "1"


def _facts(page: AppointmentPage) -> dict[str, object]:
    """What the page says of the way in, and whether it looks again by itself."""
    view, now = page.view, page.context.now
    opens_at = view.starts_at - OPENS_BEFORE
    return {
        "back": page.url,
        "opens_at": opens_at,
        "may_join": now >= opens_at and bool(view.join_url),
        "is_with_adviser": view.state is State.IN_PROGRESS,
        "looks_again": _looks_again(page),
        "refresh_seconds": REFRESH_SECONDS,
    }
