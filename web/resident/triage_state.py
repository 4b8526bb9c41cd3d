"""What a browser has answered in a triage, kept on the server for this visit, as long as a draft of a booking."""

from __future__ import annotations

from flask import session

from booking.triage.given_answers import Given, answers_for_staff, given_from
from core.browser_states import delete_entries, write_entry
from core.tokens import new_token
from locations.catalogue_queries import catalogue_by_id
from locations.triage.tree import Tree
from web.page_context import PageContext
from web.resident.drafts import DRAFT_KEPT, TRIAGE
from web.typed_before import BROWSER


def given_here(context: PageContext, tree: Tree, visit: str) -> Given:
    """What was answered here for this visit."""
    return given_from(context.kept(TRIAGE + visit), tree)


def keep_given(context: PageContext, visit: str, given: Given) -> None:
    """Keep the answers for an hour."""
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


def answers_of_visit(context: PageContext, visit: str) -> dict[str, str]:
    """The answers that go on with the booking of this visit, as staff read them; none where nothing was asked."""
    kept = context.kept(TRIAGE + visit)
    if kept is None:
        return {}
    council = catalogue_by_id(context.db, context.authority.id).authority
    tree = next((one for one in council.triages if one.slug == kept["triage"]), None)
    return answers_for_staff(tree, given_from(kept, tree)) if tree else {}
