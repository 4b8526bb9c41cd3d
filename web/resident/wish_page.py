"""A wish without an appointment that this browser may see and end, because its link was opened here lately."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from flask import Response, abort, redirect
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from booking.proposals.tables import Wish
from booking.queries.open_wishes import WishView, own_wish, wish_by_token
from core.errors import NotFound
from core.runtime import Runtime
from core.tokens import mark_of_digest
from locations.catalogue_queries import authorities, catalogue_by_id
from web.page_context import PageContext, council_context, resident_context
from web.resident import drafts
from web.resident.appointment_page import link_unknown
from web.resident.opened_links import mark_by_name
from web.resident.page_rendering import show

WISH = "wish:"  # of a browser's state


@dataclass(frozen=True)
class WishPage:
    """A wish that this browser may see and end; `url` is the address of its page."""

    context: PageContext
    wish: WishView
    url: str

    def redirect(self, message: str) -> ResponseReturnValue:
        """Back to the page of the wish, which says what was done."""
        return redirect(f"{self.url}?said={message}", code=303)


def open_wish_link(runtime: Runtime, db: Session, token: str) -> ResponseReturnValue:
    """Exchange the token of a wish's link for a cookie and a clean address. Nothing is changed by it."""
    try:
        wish = wish_by_token(db, token)
    except NotFound:
        return link_unknown(authorities(db))
    return open_wish(resident_context(runtime, db, catalogue_by_id(db, wish.authority_id)), wish)


def open_wish(context: PageContext, wish: Wish) -> ResponseReturnValue:
    """Let this browser see the wish, at its clean address."""
    if wish.closed_at is not None:
        return wish_over(context)
    drafts.open_by_link(context, f"{WISH}{wish.id}", mark_of_digest(wish.link_digest or ""))
    return redirect(f"/{context.authority.slug}/waiting/{wish.id}", code=303)


@contextmanager
def open_wish_context(authority: str, wish_id: int, *, may_be_closed: bool = False) -> Iterator[WishPage]:
    """The wish, if this browser opened its link lately and it has not ended.

    Whether there is one or not, else the same page; of one that has ended a page that names nobody.
    """
    with council_context(authority) as context:
        link_mark = mark_by_name(context, f"{WISH}{wish_id}")
        wish = own_wish(context.db, context.catalogue, wish_id, link_mark, context.now)
        if wish is None:
            abort(Response(show("link_expired", context), status=404))
        if not wish.is_open and not may_be_closed:
            abort(wish_over(context))
        drafts.open_by_link(context, f"{WISH}{wish_id}", link_mark)
        yield WishPage(context, wish, f"{context.base}/waiting/{wish_id}")


def wish_over(context: PageContext) -> Response:
    """The page for a link whose wish has ended."""
    return Response(show("wish_over", context), status=410)
