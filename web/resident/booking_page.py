"""A visit on its way in this browser: its draft, its hold and what is held, for every step of a booking."""

from __future__ import annotations

from dataclasses import replace

from flask import Response, redirect, request
from flask import session as flask_session
from flask.typing import ResponseReturnValue

from booking.slot_tokens import SlotKey, decode
from booking.use_cases.holds import held
from core.errors import HoldExpired, NotFound
from core.tokens import stamp_of
from web.page_context import PageContext
from web.resident import drafts
from web.resident.drafts import Draft
from web.resident.page_rendering import show
from web.resident.visit_view import VisitView, visit_of


def public_offer(context: PageContext, token: str) -> SlotKey:
    """The offer of `token`, when a resident may book it here. Raises: NotFound, Invalid."""
    slot_key = decode(token)
    if slot_key.authority_id != context.authority.id:
        raise NotFound.because("time_of_another_council")
    if not all(context.catalogue.service_by_id(service_id).bookable_online for service_id in slot_key.service_ids):
        raise NotFound.because("not_bookable_online")
    return slot_key


class Step:
    """One step of a booking: the draft, its hold and what is held; or the answer when there is none any more."""

    def __init__(self, context: PageContext, visit: str, *, must_hold: bool = True) -> None:
        self.context = context
        found = drafts.draft_of(flask_session, visit, context.now)
        reference = drafts.reference_of(flask_session, visit)
        self.answer: ResponseReturnValue | None = None
        if found is None:
            gone = f"book/{visit}/done" if reference else ""
            self.answer = redirect(f"{context.base}/{gone}", code=303)
            return
        self.draft: Draft = found
        self.visit: VisitView = visit_of(context.catalogue, public_offer(context, found.slot_token))
        if must_hold:
            self._look_at_hold()

    def _look_at_hold(self) -> None:
        try:
            self.hold = held(self.context.db, self.context.authority.id, self.draft.hold, self.context.now)
        except HoldExpired:
            self.answer = self.expired()

    def expired(self) -> ResponseReturnValue:
        """The page that says so; one click starts again."""
        return Response(self.show("hold_expired"), status=410)

    def show(self, template: str, **values: object) -> str:
        """The page of `template` for this visit."""
        until = getattr(self, "hold", None)
        values |= {"kept_until": until.expires_at if until else None, "offer_seen": self.stamp()}
        return show(template, self.context, draft=self.draft, visit=self.visit, **values)

    def keep(self, **changes: object) -> Draft:
        """Keep the draft with `changes`."""
        return drafts.keep(flask_session, replace(self.draft, **changes), self.context.now)  # type: ignore[arg-type]

    def at(self, name: str) -> str:
        """The address of another step."""
        return f"{self.context.base}/book/{self.draft.visit}/{name}"

    def has_changed(self, *shown: str) -> bool:
        """Whether a form was sent whose page showed another time, or other values of the draft's fields `shown`."""
        return request.method == "POST" and request.form.get("seen", "") != self.stamp(*shown)

    def stamp(self, *shown: str) -> str:
        """The stamp of the time and of the draft's fields `shown`, for a form that depends on them."""
        return stamp_of(self.draft.slot_token, *(getattr(self.draft, name) for name in shown))

    def changed(self, template: str, **values: object) -> ResponseReturnValue:
        """The page of `template` as things are now, saying that they have changed and nothing was written."""
        return Response(self.show(template, has_changed=True, **values), status=409)
