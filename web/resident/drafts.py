"""A visit that is being booked: the hold and what was typed, in the signed session cookie, and its pages.

Why there: docs/decisions/0010-the-state-of-a-residents-booking.md. At most three drafts are kept, fewer when they are
long, and for an hour, so that a cookie stays small and a shared computer forgets; a booked visit leaves only its reference.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import MutableMapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from functools import cached_property
from typing import Any

from flask import Response, redirect, request
from flask import session as flask_session
from flask.typing import ResponseReturnValue

from booking.slot_tokens import SlotKey, decode
from booking.use_cases.holds import held
from core.errors import HoldExpired, NotFound
from core.tokens import stamp_of
from web.page_context import PageContext
from web.resident.page_rendering import VisitView, show, visit_of

MOST_DRAFTS = 3
# Browsers keep 4,096 bytes of a cookie. JSON of this length, compressed and in base64, stays below 3,500 in any script.
MOST_CHARACTERS = 5_000
MOST_REFERENCES = 5
DRAFT_SECONDS = 60 * 60
MANAGE_SECONDS = 30 * 60  # after half an hour without a click, the link in the message is needed again

Cookie = MutableMapping[str, Any]


@dataclass(frozen=True)
class Draft:
    """One visit that is being booked: what is held, the search that led to it, and what has been typed."""

    visit: str
    hold: str
    slot_token: str
    search_query: str = ""
    needs: tuple[str, ...] = ()
    language: str = ""
    key: str = ""
    person: dict[str, Any] = field(default_factory=dict)
    helper: dict[str, Any] | None = None
    touched: int = 0

    @property
    def next_page(self) -> str:
        """The page after a time has been held: the first of the booking, or the answers where there are some already."""
        return "check" if self.person else "who"

    @property
    def is_for_somebody_else(self) -> bool:
        """Whether a representative books."""
        return self.helper is not None


# A cookie that a browser brought along from before an upgrade.
NAMES_OF_EARLIER_VERSIONS = {"steps": "search_query", "offer": "slot_token"}


def new_visit() -> str:
    """A new name for a visit."""
    return secrets.token_hex(4)


def find_draft(cookie: Cookie, visit: str, now: datetime) -> Draft | None:
    """The draft of this visit, unless it is unknown or too old."""
    kept = cookie.get("drafts", {}).get(visit)
    if kept is None or now.timestamp() - kept["touched"] > DRAFT_SECONDS:
        return None
    fields = {NAMES_OF_EARLIER_VERSIONS.get(name, name): value for name, value in kept.items()}
    return Draft(**fields | {"needs": tuple(kept["needs"])})


def save_draft(cookie: Cookie, draft: Draft, now: datetime) -> Draft:
    """Save `draft`, and delete the oldest of too many."""
    kept = replace(draft, touched=int(now.timestamp()), key=draft.key or secrets.token_urlsafe(18))
    drafts = {**cookie.get("drafts", {}), kept.visit: asdict(kept)}
    newest = sorted(drafts.values(), key=lambda values: (values is drafts[kept.visit], values["touched"]), reverse=True)
    cookie["drafts"] = {values["visit"]: values for values in _fitting(newest)}
    return kept


def _fitting(newest: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """The first of `newest`, and as many of the next as a cookie has room for."""
    fitting = [newest[0]]
    for values in newest[1:MOST_DRAFTS]:
        if len(json.dumps([*fitting, values])) <= MOST_CHARACTERS:
            fitting.append(values)
    return fitting


def delete_draft(cookie: Cookie, visit: str) -> None:
    """Delete the draft of this visit."""
    cookie["drafts"] = {name: values for name, values in cookie.get("drafts", {}).items() if name != visit}


def record_booking(cookie: Cookie, visit: str, reference: str, link: str) -> None:
    """The visit is booked: only its reference and its manage link are kept."""
    delete_draft(cookie, visit)
    done = {**cookie.get("done", {}), visit: [reference, link]}
    cookie["done"] = dict(list(done.items())[-MOST_REFERENCES:])


def reference_of(cookie: Cookie, visit: str) -> str | None:
    """The reference of a visit that was booked here."""
    found = cookie.get("done", {}).get(visit)
    return str(found[0]) if found else None


def link_of(cookie: Cookie, visit: str) -> str:
    """The manage link of a visit that was booked here."""
    return str(cookie["done"][visit][1])


def open_appointment(cookie: Cookie, reference: str, link_mark: str, now: datetime) -> None:
    """Let this browser see and change the appointment for a while: as long as the link with this mark works."""
    opened = {**cookie.get("opened", {})}
    opened.pop(reference, None)
    opened[reference] = [int(now.timestamp()), link_mark]
    cookie["opened"] = dict(list(opened.items())[-MOST_REFERENCES:])


def link_mark_of(cookie: Cookie, reference: str, now: datetime) -> str:
    """The mark of the link by which this browser opened the appointment lately; empty when it did not."""
    at, mark = cookie.get("opened", {}).get(reference) or (0, "")
    return str(mark) if now.timestamp() - at <= MANAGE_SECONDS else ""


def replace_link_mark(cookie: Cookie, reference: str, link_mark: str, now: datetime) -> None:
    """Keep the appointment open by the mark of its new link, and delete the old link."""
    open_appointment(cookie, reference, link_mark, now)
    cookie["done"] = {visit: kept for visit, kept in cookie.get("done", {}).items() if kept[0] != reference}


def last_opened(cookie: Cookie) -> str | None:
    """The reference that was opened last."""
    return next(reversed(cookie.get("opened", {})), None)


def clear(cookie: Cookie) -> None:
    """Delete all that this cookie holds of anybody."""
    for name in ("drafts", "done", "opened"):
        cookie.pop(name, None)


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

    def __init__(self, context: PageContext, visit: str, *, must_hold: bool = True) -> None:
        self.context = context
        self.response: ResponseReturnValue | None = None
        draft = find_draft(flask_session, visit, context.now)
        if draft is None:
            done = redirect(f"{context.base}/book/{visit}/done", code=303)
            is_booked = reference_of(flask_session, visit) is not None
            self.response = done if is_booked else Response(show("draft_lost", context), status=410)
            return
        self.draft: Draft = draft
        self._slot_key = public_slot_key(context, draft.slot_token)
        if must_hold:
            self._read_hold()

    @cached_property
    def visit(self) -> VisitView:
        """What is to be booked; only pages need it, not the forms that are sent."""
        return visit_of(self.context.catalogue, self._slot_key)

    def _read_hold(self) -> None:
        try:
            self.hold = held(self.context.db, self.context.authority.id, self.draft.hold, self.context.now)
        except HoldExpired:
            self.response = self.show_expired()

    def show_expired(self) -> ResponseReturnValue:
        """The page for a hold that has expired, with a button that holds the same time again."""
        return Response(self.show("hold_expired"), status=410)

    def show(self, template: str, **values: object) -> str:
        """The HTML of `template` for this visit."""
        hold = getattr(self, "hold", None)
        values |= {"held_until": hold.expires_at if hold else None, "slot_seen": self.stamp()}
        return show(template, self.context, draft=self.draft, visit=self.visit, **values)

    def show_changed(self, template: str, **values: object) -> ResponseReturnValue:
        """The page of `template` with the current values and a banner: they have changed, and nothing was written."""
        return Response(self.show(template, has_changed=True, **values), status=409)

    def save(self, **changes: object) -> Draft:
        """Save the draft with `changes`."""
        return save_draft(flask_session, replace(self.draft, **changes), self.context.now)  # type: ignore[arg-type]

    def url(self, name: str) -> str:
        """The address of another page of this booking."""
        return f"{self.context.base}/book/{self.draft.visit}/{name}"

    def has_changed(self, *shown: str) -> bool:
        """Whether a form was sent whose page showed another time, or other values of the draft's fields `shown`."""
        return request.method == "POST" and request.form.get("seen", "") != self.stamp(*shown)

    def stamp(self, *shown: str) -> str:
        """The stamp of the time and of the draft's fields `shown`, for a form that depends on them."""
        return stamp_of(self.draft.slot_token, *(getattr(self.draft, name) for name in shown))
