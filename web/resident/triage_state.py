"""What a browser has answered in a triage, kept on the server for this visit, as long as a draft of a booking."""

from __future__ import annotations

from dataclasses import replace

from flask import session

from booking.triage.given_answers import Given, answers_for_staff, given_from, is_approach, words_of
from booking.use_cases.book import Booking
from core.browser_states import delete_entries, write_entry
from core.tokens import new_token
from core.wall_clock import parse_instant
from locations.catalogue_queries import catalogue_by_id
from locations.triage.tree import Tree
from people.residents.approach import Approach
from web.page_context import PageContext
from web.resident.drafts import DRAFT_KEPT, TRIAGE
from web.typed_before import BROWSER


def given_here(context: PageContext, tree: Tree, visit: str) -> Given:
    """What was answered here for this visit."""
    return given_from(context.kept(TRIAGE + visit), tree)


def keep_given(context: PageContext, visit: str, given: Given) -> None:
    """Keep the answers for an hour, with when the first of them was given."""
    given = replace(given, began_at=given.began_at or context.now.isoformat())
    browser_id = session.setdefault(BROWSER, new_token())
    write_entry(
        context.runtime.database,
        browser_id,
        TRIAGE + visit,
        given.stored(),
        now=context.now,
        expires_at=context.now + DRAFT_KEPT,
    )


def forget_given(context: PageContext, visit: str) -> None:
    """Delete the answers of this visit."""
    if BROWSER in session:
        delete_entries(context.runtime.database, session[BROWSER], TRIAGE + visit)


def with_answers(context: PageContext, visit: str, booking: Booking) -> Booking:
    """The booking with the answers of this visit, as staff read them, and with how they asked for help, if they did."""
    kept = context.kept(TRIAGE + visit)
    if kept is None:
        return booking
    council = catalogue_by_id(context.db, context.authority.id).authority
    tree = next((one for one in council.triages if one.slug == kept["triage"]), None)
    if tree is None:
        return booking
    given = given_from(kept, tree)
    booking = replace(booking, answers=answers_for_staff(tree, given))
    if not is_approach(tree, given):
        return booking
    asked_at = parse_instant(given.began_at) if given.began_at else context.now
    helper = booking.representative.name if booking.representative else ""
    return replace(booking, approach=Approach(asked_at, booking.channel, words_of(booking.answers), asked_by=helper))
