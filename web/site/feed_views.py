"""Calendar feeds: the page that makes, shows once and revokes their addresses, and the feeds themselves."""

from __future__ import annotations

from flask import Blueprint, Response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from booking.calendar.event import Audience, appointment_event
from booking.calendar.ical import feed_file
from booking.queries.feed_entries import Feed, FeedEntry, entries_of, feed_by_token, feeds_of
from booking.use_cases.calendar_feeds import make_feed, revoke_feed
from core.errors import IdempotencyMismatch, Invalid
from core.flask_context import current_runtime
from core.problems import joined_texts
from locations.catalogue import Catalogue
from people.staff.access_marks import public, requires
from people.staff.policy import Action
from web.page_context import SiteContext, site_context
from web.request_language import current_language
from web.site.forms import FeedForm, feed_form

FRESH_SECONDS = 300  # calendars ask every few hours at most; five minutes shield the database from one gone wild


def add_routes(blueprint: Blueprint) -> None:
    """The management page, and the feeds."""
    at = "/staff/sites/<site>/feeds"
    blueprint.add_url_rule(at, "feeds", feeds)
    blueprint.add_url_rule(at, "make_feed", make, methods=["POST"])
    blueprint.add_url_rule(f"{at}/<int:feed>/revoke", "revoke_feed", revoke, methods=["POST"])
    blueprint.add_url_rule("/feeds/<token>.ics", "feed", feed)


@requires(Action.MANAGE_FEEDS, site_arg="site")
def feeds(site: str) -> ResponseReturnValue:
    """The feeds of the site, and the form for another one."""
    with site_context(site) as desk:
        return _show(desk, feed_form(desk.site, is_empty=True))


@requires(Action.MANAGE_FEEDS, site_arg="site")
def make(site: str) -> ResponseReturnValue:
    """Make a feed and show its address, this once."""
    with site_context(site) as desk:
        form = feed_form(desk.site)
        if not form.validate():
            return _show(desk, form), 400
        slug, name = form.resource.data or "", form.name.data or ""
        resource = next((one for one in desk.site.resources if one.slug == slug), None)
        try:
            made = make_feed(
                desk.runtime,
                desk.catalogue.authority.id,
                desk.site,
                name,
                resource_id=resource.id if resource else None,
                actor=desk.actor,
                idempotency=desk.form_key(f"feed:{desk.site.id}:{slug}:{name}", f"feed:{desk.site.id}:{slug}:{name}"),
            )
        except Invalid as error:
            form.refuse("name", joined_texts(error, current_language()))
            return _show(desk, form), 400
        except IdempotencyMismatch:
            return redirect(url_for("site.feeds", site=site), code=303)
        address = desk.runtime.settings.public_url + url_for("site.feed", token=made.token)
    with site_context(site) as desk:
        return _show(desk, feed_form(desk.site, is_empty=True), address=address, made=name)


@requires(Action.MANAGE_FEEDS, site_arg="site")
def revoke(site: str, feed: int) -> ResponseReturnValue:
    """Revoke a feed, and go back to the list."""
    with site_context(site) as desk:
        revoke_feed(desk.runtime, desk.catalogue.authority.id, desk.site.id, feed, actor=desk.actor)
    return redirect(url_for("site.feeds", site=site, revoked=1), code=303)


@public
def feed(token: str) -> ResponseReturnValue:
    """The calendar behind a secret address. Unknown and revoked ones answer alike."""
    runtime = current_runtime()
    with runtime.database.reading() as db:
        catalogue, found = feed_by_token(db, token)
        entries = entries_of(db, catalogue, found, runtime.clock.now())
    text = feed_text(catalogue, found, entries, runtime.settings.public_url)
    answer = Response(text, content_type="text/calendar; charset=utf-8")
    answer.headers["Content-Disposition"] = f'inline; filename="{found.site.slug}.ics"'
    answer.headers["Cache-Control"] = f"private, max-age={FRESH_SECONDS}"
    answer.headers["Referrer-Policy"] = "no-referrer"
    answer.headers["X-Robots-Tag"] = "noindex"
    answer.add_etag()
    return answer.make_conditional(request)


def feed_text(catalogue: Catalogue, found: Feed, entries: list[FeedEntry], public_url: str) -> str:
    """The calendar file of a feed."""
    language, authority = current_language(), catalogue.authority
    what = found.resource.name if found.resource else authority.name
    events = (
        appointment_event(entry, authority, Audience.STAFF, language, public_url=public_url, resources=entry.resources)
        for entry in entries
    )
    return feed_file(tuple(events), f"{found.site.name}: {what}")


def _show(desk: SiteContext, form: FeedForm, address: str = "", made: str = "") -> str:
    return render_template(
        "site/feeds.html",
        form=form,
        has_errors=bool(form.errors),
        site=desk.site,
        zone=desk.catalogue.authority.zone,
        found=feeds_of(desk.db, desk.site),
        address=address,
        made=made,
        was_revoked=request.method == "GET" and "revoked" in request.args,
    )
