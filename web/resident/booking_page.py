"""The pages of a visit that is being booked: its draft, its hold and what is held, for one page each."""

from __future__ import annotations

from dataclasses import replace
from functools import cached_property

from flask import Response, redirect, request
from flask.typing import ResponseReturnValue

from booking.slot_tokens import SlotKey, decode
from booking.use_cases.holds import held
from core.errors import HoldExpired, NotFound
from core.tokens import stamp_of
from web.page_context import PageContext
from web.resident.drafts import LONGEST_TYPED, STEPS, Draft, find_draft, reference_of, save_draft
from web.resident.own_adviser import refuse_adviser_of_others
from web.resident.page_rendering import VisitView, show, visit_of
from web.resident.search_state import parse_search_state


def public_slot_key(context: PageContext, token: str) -> SlotKey:
    """The slot of `token`, if a resident may book it with this council. Raises: NotFound, Invalid."""
    slot_key = decode(token)
    if slot_key.authority_id != context.authority.id:
        raise NotFound.because("time_of_another_council")
    if not all(context.catalogue.service_by_id(service_id).bookable_online for service_id in slot_key.service_ids):
        raise NotFound.because("not_bookable_online")
    return slot_key


class BookingPage:
    """The draft, its hold and what is held, for one page; `response` is the answer instead where one of them is missing."""

    def __init__(self, context: PageContext, visit: str, step: str = "", *, must_hold: bool = True) -> None:
        self.context, self._step = context, step
        self.response: ResponseReturnValue | None = None
        draft = find_draft(context, visit)
        if draft is None:
            done = redirect(f"{context.base}/book/{visit}/done", code=303)
            is_booked = reference_of(context, visit) is not None
            self.response = done if is_booked else Response(show("draft_lost", context), status=410)
            return
        self.draft: Draft = draft
        self._slot_key = public_slot_key(context, draft.slot_token)
        if step:
            search = parse_search_state(draft.search_query)
            self.response = refuse_adviser_of_others(context, self._slot_key, search)
        if self.response is not None:
            self.keep_typed()
        elif must_hold:
            self._read_hold()

    @cached_property
    def visit(self) -> VisitView:
        """What is to be booked; only pages need it, not the forms that are sent."""
        return visit_of(self.context.catalogue, self._slot_key)

    def _read_hold(self) -> None:
        try:
            self.hold = held(self.context.db, self.context.authority.id, self.draft.hold, self.context.now)
        except HoldExpired:
            self.keep_typed()
            self.response = self.show_expired()

    def keep_typed(self) -> None:
        """Save what was sent from this page, whether it could be used or not: its fields show it again."""
        names = [name for name in STEPS.get(self._step, ()) if name in request.form]
        typed = {name: request.form[name][:LONGEST_TYPED] for name in names}
        self.draft = self.save(step=self._step, typed=typed or self.draft.values_on(self._step, {}))

    def show_expired(self) -> ResponseReturnValue:
        """The page for a hold that has expired, with a button that holds the same time again."""
        return Response(self.show("hold_expired"), status=410)

    def show(self, template: str, **values: object) -> str:
        """The HTML of `template` for this visit."""
        hold = getattr(self, "hold", None)
        if hold:
            seconds = int((hold.expires_at - self.context.now).total_seconds())
            values |= {"held_until": hold.expires_at, "held_seconds": seconds}
        values |= {"slot_seen": self.stamp()}
        return show(template, self.context, draft=self.draft, visit=self.visit, **values)

    def show_changed(self, template: str, **values: object) -> ResponseReturnValue:
        """The page of `template` with the current values and a banner: they have changed, and nothing was written."""
        return Response(self.show(template, has_changed=True, **values), status=409)

    def save(self, **changes: object) -> Draft:
        """Save the draft with `changes`: whatever was typed and not taken before is settled by them."""
        return save_draft(self.context, replace(self.draft, **{"step": "", "typed": {}} | changes))  # type: ignore[arg-type]

    def url(self, name: str) -> str:
        """The address of another page of this booking."""
        return f"{self.context.base}/book/{self.draft.visit}/{name}"

    def has_changed(self, *shown: str) -> bool:
        """Whether a form was sent whose page showed another time, or other values of the draft's fields `shown`."""
        return request.method == "POST" and request.form.get("seen", "") != self.stamp(*shown)

    def stamp(self, *shown: str) -> str:
        """The stamp of the time and of the draft's fields `shown`, for a form that depends on them."""
        return stamp_of(self.draft.slot_token, *(getattr(self.draft, name) for name in shown))
