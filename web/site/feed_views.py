"""Calendar feeds: the page on which they are made and revoked, and the feeds themselves."""

from __future__ import annotations

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from booking.calendar.event import Audience, appointment_event
from booking.calendar.ical import feed_file
from booking.queries.feed_entries import Feed, FeedEntry, entries_of, feed_by_token, feeds_of
from booking.use_cases.calendar_feeds import make_feed, revoke_feed
from core.errors import IdempotencyMismatch, Invalid
from core.flask_context import current_runtime
from core.problems import joined_texts
from locations.model import Catalogue
from people.staff.access_marks import public, requires
from people.staff.policy import Action
from web.calendar_answers import calendar_answer, count_reading
from web.page_context import SiteContext, site_context
from web.request_language import current_language
from web.site.forms import FeedForm, feed_form
from web.site.site_blueprint import SITE_PATH, blueprint

FEEDS_PATH = f"{SITE_PATH}/feeds"


@blueprint.get(FEEDS_PATH)
@requires(Action.MANAGE_FEEDS, site_arg="site")
def feeds(site: str) -> ResponseReturnValue:
    """The feeds of the site, and the form for another one."""
    with site_context(site) as context:
        return _show(context, feed_form(context.site, is_empty=True))


@blueprint.post(FEEDS_PATH, endpoint="make_feed")
@requires(Action.MANAGE_FEEDS, site_arg="site")
def add_feed(site: str) -> ResponseReturnValue:
    """Make a feed and show its address, this once."""
    with site_context(site) as context:
        form = feed_form(context.site)
        if not form.validate():
            return _show(context, form), 400
        try:
            address = _make_feed(context, form.name.data or "", form.resource.data or "")
        except Invalid as error:
            form.refuse("name", joined_texts(error, current_language()))
            return _show(context, form), 400
        except IdempotencyMismatch:
            return redirect(url_for("site.feeds", site=site), code=303)
    with site_context(site) as context:  # a new one, which reads the list with the new feed
        return _show(context, feed_form(context.site, is_empty=True), address=address, name=form.name.data or "")


@blueprint.post(f"{FEEDS_PATH}/<int:feed>/revoke", endpoint="revoke_feed")
@requires(Action.MANAGE_FEEDS, site_arg="site")
def remove_feed(site: str, feed: int) -> ResponseReturnValue:
    """Revoke a feed, and go back to the list."""
    with site_context(site) as context:
        revoke_feed(context.runtime, context.authority.id, context.site.id, feed, actor=context.actor)
    return redirect(url_for("site.feeds", site=site, revoked=1), code=303)


@blueprint.get("/feeds/<token>.ics")
@public
def feed(token: str) -> ResponseReturnValue:
    """The calendar at a secret address. The answer for an unknown and for a revoked one is the same."""
    runtime = current_runtime()
    count_reading(runtime, token)
    with runtime.database.reading() as db:
        catalogue, known_feed = feed_by_token(db, token)
        entries = entries_of(db, catalogue, known_feed, runtime.clock.now())
    text = feed_text(catalogue, known_feed, entries, runtime.settings.public_url)
    return calendar_answer(text, f"{known_feed.site.slug}.ics")


def feed_text(catalogue: Catalogue, feed: Feed, entries: list[FeedEntry], public_url: str) -> str:
    """The calendar file of a feed."""
    language, authority = current_language(), catalogue.authority
    subject = feed.resource.name if feed.resource else authority.name
    events = (
        appointment_event(entry, authority, Audience.STAFF, language, public_url=public_url, resources=entry.resources)
        for entry in entries
    )
    return feed_file(tuple(events), f"{feed.site.name}: {subject}")


def _make_feed(context: SiteContext, name: str, resource_slug: str) -> str:
    """The address of a new feed. Raises: Invalid, IdempotencyMismatch."""
    resource = next((one for one in context.site.resources if one.slug == resource_slug), None)
    operation = f"feed:{context.site.id}:{resource_slug}:{name}"
    made = make_feed(
        context.runtime,
        context.authority.id,
        context.site,
        name,
        resource_id=resource.id if resource else None,
        actor=context.actor,
        idempotency=context.form_key(operation, operation),
    )
    return context.runtime.settings.public_url + url_for("site.feed", token=made.token)


def _show(context: SiteContext, form: FeedForm, address: str = "", name: str = "") -> str:
    """The page; with the address of the new feed of this name, where there is one."""
    return render_template(
        "site/feeds.html",
        form=form,
        has_errors=bool(form.errors),
        site=context.site,
        zone=context.zone,
        feeds=feeds_of(context.db, context.site),
        address=address,
        name=name,
        was_revoked=request.method == "GET" and "revoked" in request.args,
    )
