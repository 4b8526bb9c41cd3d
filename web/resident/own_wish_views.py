"""Pages of a wish without an appointment, for whoever opened its link: see it, take the time that is held, or end it."""

from __future__ import annotations

from flask import Response, redirect, request
from flask.typing import ResponseReturnValue
from flask_babel import LazyString
from flask_babel import lazy_gettext as _l

from booking.use_cases.earlier_times import accept_earlier_time, decline_earlier_time
from booking.use_cases.online_wishes import ONLINE
from booking.use_cases.wishes import wait_again, withdraw_wish
from core.audit import Actor
from core.errors import HoldExpired, IllegalMove, Invalid, LimitReached, SameTime, SlotTaken, TooSoon
from core.tokens import digest, mark_of_digest
from people.staff.access_marks import public
from web.components.wish_fields import wish_lines
from web.labels import Labels
from web.resident import drafts
from web.resident.page_rendering import show
from web.resident.urls import blueprint
from web.resident.wish_page import WishPage, open_wish_context

SAID: Labels = {
    "left": _l("Somebody else can have that time. We go on looking for you."),
    "again": _l("We will tell you when a time comes up."),
}
GONE = _l("Nothing was changed: that time is gone. We go on looking for you.")
TOO_MANY = _l("Nothing was changed: you have as many appointments for this as one person can have.")


@blueprint.get("/<authority:authority>/waiting/<int:wish>")
@public
def own_wish_page(authority: str, wish: int) -> ResponseReturnValue:
    """What somebody waits for, and the time that is held for them."""
    with open_wish_context(authority, wish) as page:
        return _shown(page, SAID.get(request.args.get("said", "")))


@blueprint.post("/<authority:authority>/waiting/<int:wish>/take")
@public
def take_time(authority: str, wish: int) -> ResponseReturnValue:
    """Book the time that is held."""
    # A double click gets the first one's answer, though the wish has ended by it.
    with open_wish_context(authority, wish, may_be_closed=True) as page:
        context = page.context
        try:
            booked = accept_earlier_time(
                context.runtime,
                context.authority.id,
                wish,
                actor=Actor.resident(),
                channel=ONLINE,
                despite_same_time=bool(request.form.get("despite_same_time")),
                idempotency=context.form_key("take time", wish),
            )
        except SameTime:
            return _refused(authority, wish, None, same_time=True)
        except LimitReached:
            return _refused(authority, wish, TOO_MANY)
        except (HoldExpired, SlotTaken, TooSoon, IllegalMove, Invalid):
            return _refused(authority, wish, GONE)
        link_mark = mark_of_digest(digest(booked.manage_url_path.rpartition("/")[2]))
        drafts.open_appointment(context, booked.reference, link_mark)
        return redirect(f"{context.base}/appointment/{booked.reference}?said=booked", code=303)


@blueprint.post("/<authority:authority>/waiting/<int:wish>/leave")
@public
def leave_time(authority: str, wish: int) -> ResponseReturnValue:
    """Give the time back that is held, and go on waiting."""
    with open_wish_context(authority, wish) as page:
        try:
            decline_earlier_time(page.context.runtime, page.context.authority.id, wish, actor=Actor.resident())
        except HoldExpired:
            return _refused(authority, wish, GONE)
        return page.redirect("left")


@blueprint.post("/<authority:authority>/waiting/<int:wish>/again")
@public
def ask_again(authority: str, wish: int) -> ResponseReturnValue:
    """Have times offered again, after several offers were not answered."""
    with open_wish_context(authority, wish) as page:
        wait_again(page.context.runtime, page.context.authority.id, wish, actor=Actor.resident())
        return page.redirect("again")


@blueprint.post("/<authority:authority>/waiting/<int:wish>/stop")
@public
def end_wish(authority: str, wish: int) -> ResponseReturnValue:
    """Wait no longer; the link has ended with it."""
    with open_wish_context(authority, wish, may_be_closed=True) as page:
        withdraw_wish(page.context.runtime, page.context.authority.id, wish, actor=Actor.resident())
        return show("wish_ended", page.context)


def _shown(page: WishPage, said: LazyString | None, *, same_time: bool = False) -> str:
    facts = {"lines": wish_lines(page.wish, None), "said": said, "same_time": same_time}
    return show("own_wish", page.context, wish=page.wish, url=page.url, **facts)


def _refused(authority: str, wish: int, why: LazyString | None, *, same_time: bool = False) -> ResponseReturnValue:
    """The page of the wish as it is now, which says that nothing was changed."""
    with open_wish_context(authority, wish) as now:
        return Response(_shown(now, why, same_time=same_time), status=409)
