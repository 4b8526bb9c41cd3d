"""The desks, rooms and people of one site, for whoever manages it: listed, added, changed and removed, effect first."""

from __future__ import annotations

from functools import partial

from flask import render_template, request, url_for
from flask.typing import ResponseReturnValue

from core.errors import NotFound
from council.council_blueprint import blueprint
from council.form_steps import FormPlace, Routes, send_form, show_form
from locations.importing.difference import Key, Kind
from locations.importing.set_up_tables import Edit
from people.staff.access_marks import requires
from people.staff.policy import Action
from web.manage.field_words import WORDS
from web.manage.set_up_context import NEW, things_of
from web.manage.set_up_proposals import Proposal, kept_preview, kept_proposal, proposal_of, save
from web.page_context import SiteContext, site_context

RESOURCES_PATH = "/staff/sites/<site>/resources"
KIND: Kind = "resource"


@blueprint.get(RESOURCES_PATH)
@requires(Action.MANAGE_RESOURCES, site_arg="site")
def site_resources(site: str) -> ResponseReturnValue:
    """All that the site has, with a link to each."""
    with site_context(site) as context:
        rows = [
            (thing.table["name"], WORDS[thing.table["kind"]], _form_address(key, KIND))
            for key, thing in things_of(context).items()
            if key.kind == KIND and key.slugs[0] == context.site.slug
        ]
        return render_template(
            "council/site_resources.html",
            site=context.site,
            rows=rows,
            new=url_for("council.site_resource", site=context.site.slug, resource=NEW),
            back=url_for("planner.week", site=context.site.slug),
            is_saved="saved" in request.args,
        )


@blueprint.post(RESOURCES_PATH)
@requires(Action.MANAGE_RESOURCES, site_arg="site")
def save_site_resource(site: str) -> ResponseReturnValue:
    """Save what a preview has shown. Raises: NotFound for what is not of this site."""
    with site_context(site) as context:
        proposal = _checked(context, proposal_of(context, request.form.get("proposal", "")))
        return save(context, proposal)


@blueprint.get(f"{RESOURCES_PATH}/<resource>")
@requires(Action.MANAGE_RESOURCES, site_arg="site")
def site_resource(site: str, resource: str) -> ResponseReturnValue:
    """The form of one of them; of a new one when the slug says so."""
    with site_context(site) as context:
        return show_form(_place(context, resource))


@blueprint.post(f"{RESOURCES_PATH}/<resource>")
@requires(Action.MANAGE_RESOURCES, site_arg="site")
def send_site_resource(site: str, resource: str) -> ResponseReturnValue:
    """The form again with what was typed, or the preview of the change."""
    with site_context(site) as context:
        return send_form(_place(context, resource))


@blueprint.get(f"{RESOURCES_PATH}/preview/<key>")
@requires(Action.MANAGE_RESOURCES, site_arg="site")
def site_resource_preview(site: str, key: str) -> ResponseReturnValue:
    """What the change that was sent would do. Raises: NotFound for what is not of this site."""
    with site_context(site) as context:
        _checked(context, kept_proposal(context, key))
        return kept_preview(context, key, _home(context))


def _place(context: SiteContext, resource: str) -> FormPlace:
    key = Key(KIND, (context.site.slug, resource))
    routes = Routes(_home(context), _form_address, partial(_preview_address, context.site.slug))
    return FormPlace(context, things_of(context), KIND, key, routes)


def _checked(context: SiteContext, proposal: Proposal | None) -> Proposal:
    """The proposal, if it changes nothing but what stands at this site. Raises: NotFound."""
    if proposal is None or not all(_is_here(context, edit) for edit in proposal.edits):
        raise NotFound
    return proposal


def _is_here(context: SiteContext, edit: Edit) -> bool:
    """Whether it changes what stands at this site, or removes a session of it, which is over."""
    is_resource = edit.key.kind == KIND or (edit.key.kind == "session" and edit.table is None)
    return is_resource and edit.key.slugs[0] == context.site.slug


def _home(context: SiteContext) -> str:
    return url_for("council.site_resources", site=context.site.slug)


def _form_address(key: Key, _kind: str) -> str:
    return url_for("council.site_resource", site=key.slugs[0], resource=key.slugs[1])


def _preview_address(site: str, key: str) -> str:
    return url_for("council.site_resource_preview", site=site, key=key)
