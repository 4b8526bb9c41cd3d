"""A visit that is being booked: the hold and what was typed, kept on the server for this browser, and its pages.

The cookie has a random id alone: docs/decisions/0010-the-state-of-a-residents-booking.md. Whatever is kept ends by itself
soon, and at once when somebody has this computer forget them.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import timedelta
from functools import cached_property
from typing import Any

from flask import Response, redirect, request
from flask import session as flask_session
from flask.typing import ResponseReturnValue

from booking.queries.appointments import by_reference
from booking.slot_tokens import SlotKey, decode
from booking.use_cases.holds import held
from core.browser_states import delete_entries, names_of, prolong_entry, write_entry
from core.errors import HoldExpired, NotFound
from core.tokens import new_token, stamp_of
from web.components.paper_form import PAPER_FIELDS, cut_ticks
from web.page_context import PageContext
from web.resident.opened_links import OPENED
from web.resident.own_adviser import refuse_adviser_of_others
from web.resident.page_rendering import VisitView, show, visit_of
from web.resident.search_state import INVITED, parse_search_state
from web.typed_before import BROWSER

DRAFT_KEPT = timedelta(hours=1)
# A reference opens nothing. As long as it is kept, a page of its booking that is opened again says that it is booked.
BOOKED_KEPT = timedelta(days=2)
OPENED_KEPT = timedelta(minutes=30)  # after half an hour without a click, the link in the message is needed again
OPENED_WRITTEN_AGAIN = timedelta(minutes=1)  # so that looking at a page is seldom a write
# What is typed on each page of a booking, by field.
STEPS: Mapping[str, tuple[str, ...]] = {
    "who": ("who",),
    "acting": ("name", "basis", "email", "phone", "helper_address", "helper_postcode"),
    "details": (
        *("name", "email", "phone", "address", "postcode"),
        *("contact_preference", "leave_no_message", "neutral", "notes"),
    ),
    "papers": PAPER_FIELDS,
    "bring": ("have",),
    "number": ("case_number",),
    "check": (),
    "invited": (),
}
LONGEST_TYPED = 2_000
DRAFT, BOOKED, TRIAGE = "draft:", "booked:", "triage:"  # before the visit, in the name of what is kept


@dataclass(frozen=True)
class Draft:
    """One visit that is being booked: what is held, the search that led to it, and what has been typed.

    `step` is the page that could not go on because the hold had expired, `typed` what was sent from there, as it was sent.
    `number` is that of the case, which a service `asks_number` for.
    """

    visit: str
    hold: str
    slot_token: str
    search_query: str = ""
    needs: tuple[str, ...] = ()
    language: str = ""
    key: str = ""
    person: dict[str, Any] = field(default_factory=dict)
    helper: dict[str, Any] | None = None
    step: str = ""
    typed: dict[str, Any] = field(default_factory=dict)
    papers: dict[str, Any] | None = None
    number: str = ""
    asks_number: bool = False

    @property
    def is_invited(self) -> bool:
        """Whether it came about by an invitation: then it is known whom it is for."""
        return f"known={INVITED}" in self.search_query

    @property
    def next_page(self) -> str:
        """The page after a time has been held: where it expired, or the first, or the answers where there are some."""
        if self.is_invited:
            return "invited"
        return self.step or self.missing_page or "check"

    @property
    def missing_page(self) -> str:
        """The first page whose answers are missing; empty when all are there."""
        if self.helper is not None and not self.helper:
            return "acting"
        if not self.person:
            return "details" if self.helper else "who"
        return "number" if self.asks_number and not self.number else ""

    def values_on(self, step: str, saved: dict[str, Any]) -> dict[str, Any]:
        """What stands in the fields of a page: what was typed there last, though it was not taken, or else what is saved."""
        return self.typed if self.typed and self.step == step else saved

    @property
    def is_for_somebody_else(self) -> bool:
        """Whether a representative books."""
        return self.helper is not None


def new_visit() -> str:
    """A new name for a visit."""
    return secrets.token_hex(4)


def find_draft(context: PageContext, visit: str) -> Draft | None:
    """The draft of this visit, unless it is unknown or too old."""
    kept = context.kept(DRAFT + visit)
    return Draft(**kept | {"needs": tuple(kept["needs"])}) if kept else None


def save_draft(context: PageContext, draft: Draft) -> Draft:
    """Save `draft` for an hour, and as long what was answered before it."""
    kept = replace(draft, key=draft.key or secrets.token_urlsafe(18))
    _write(context, DRAFT + kept.visit, asdict(kept), DRAFT_KEPT)
    if context.authority.triages:
        until = context.now + DRAFT_KEPT
        database, browser_id = context.runtime.database, flask_session[BROWSER]
        prolong_entry(database, browser_id, TRIAGE + kept.visit, now=context.now, expires_at=until)
    return kept


def delete_draft(context: PageContext, visit: str) -> None:
    """Delete the draft of this visit."""
    if BROWSER in flask_session:
        delete_entries(context.runtime.database, flask_session[BROWSER], DRAFT + visit)


def record_booking(context: PageContext, visit: str, reference: str) -> None:
    """The visit is booked: only its reference is kept."""
    _write(context, BOOKED + visit, {"reference": reference}, BOOKED_KEPT)
    delete_draft(context, visit)


def reference_of(context: PageContext, visit: str) -> str | None:
    """The reference of a visit that was booked here."""
    found = context.kept(BOOKED + visit)
    return str(found["reference"]) if found else None


def open_appointment(context: PageContext, reference: str, link_mark: str) -> None:
    """Let this browser see and change the appointment for a while: as long as the link with this mark works."""
    open_by_link(context, OPENED + reference, link_mark)


def open_by_link(context: PageContext, name: str, link_mark: str) -> None:
    """The same for what is kept by this name."""
    known, at = context.kept(name), context.now.timestamp()
    is_fresh = known is not None and at - known["at"] < OPENED_WRITTEN_AGAIN.total_seconds()
    if known is None or known["mark"] != link_mark or not is_fresh:
        _write(context, name, {"mark": link_mark, "at": at}, OPENED_KEPT)


def follow_link(context: PageContext, reference: str) -> None:
    """Keep the appointment open by the link that works now, after a change that may have closed the one it was opened by."""
    with context.runtime.database.reading() as db:
        link_mark = by_reference(db, context.catalogue, reference).link_mark
    open_appointment(context, reference, link_mark)


def last_opened(context: PageContext) -> str | None:
    """The reference that was opened last, if one is still open."""
    if BROWSER not in flask_session:
        return None
    names = names_of(context.db, flask_session[BROWSER], context.now)
    return next((name.removeprefix(OPENED) for name in names if name.startswith(OPENED)), None)


def forget_browser(context: PageContext) -> None:
    """Delete all that is kept for this browser of anybody. Copies of its cookie open nothing any more."""
    browser_id = flask_session.pop(BROWSER, None)
    if browser_id:
        delete_entries(context.runtime.database, browser_id)


def _write(context: PageContext, name: str, value: dict[str, Any], kept: timedelta) -> None:
    browser_id = flask_session.setdefault(BROWSER, new_token())
    write_entry(context.runtime.database, browser_id, name, value, now=context.now, expires_at=context.now + kept)


def public_slot_key(context: PageContext, token: str, *, is_invited: bool = False) -> SlotKey:
    """The slot of `token`, if a resident may book it with this council. Raises: NotFound, Invalid.

    Whoever is invited may book what is for staff alone otherwise.
    """
    slot_key = decode(token)
    if slot_key.authority_id != context.authority.id:
        raise NotFound.because("time_of_another_council")
    services = [context.catalogue.service_by_id(service_id) for service_id in slot_key.service_ids]
    if not is_invited and not all(one.bookable_online for one in services):
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
        if step and (step == "invited") != draft.is_invited:
            self.response = redirect(self.url(draft.next_page), code=303)
            return
        self._slot_key = public_slot_key(context, draft.slot_token, is_invited=draft.is_invited)
        if step and self._slot_key.adviser:
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
        sent = {name: request.form.getlist(name) for name in STEPS.get(self._step, ()) if name in request.form}
        typed = {name: cut_ticks(some) if name == "have" else some[0][:LONGEST_TYPED] for name, some in sent.items()}
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

    @property
    def after_details(self) -> str:
        """The page after all that is asked about somebody: their papers, where these are counted, or else the last one."""
        asks = self.draft.papers is None and any(one.documents_by_rule for one in self.visit.services)
        return "papers" if asks else "check"

    def url(self, name: str) -> str:
        """The address of another page of this booking."""
        return f"{self.context.base}/book/{self.draft.visit}/{name}"

    def has_changed(self, *shown: str) -> bool:
        """Whether a form was sent whose page showed another time, or other values of the draft's fields `shown`."""
        return request.method == "POST" and request.form.get("seen", "") != self.stamp(*shown)

    def stamp(self, *shown: str) -> str:
        """The stamp of the time and of the draft's fields `shown`, for a form that depends on them."""
        return stamp_of(self.draft.slot_token, *(getattr(self.draft, name) for name in shown))
