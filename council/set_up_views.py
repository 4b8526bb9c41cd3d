"""The set-up on screens: its home page, the form of each thing, and saving what a preview has shown."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from flask import render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import LazyString

from council.council_blueprint import SET_UP_PATH, blueprint
from council.first_steps import first_steps
from council.form_steps import FormPlace, Routes, send_form, show_form
from locations.importing.difference import Key, Kind
from locations.model import VIRTUAL_SITE, Catalogue, ResourceFacts, ServiceFacts, SiteFacts
from locations.own_words import OTHER_LANGUAGES
from people.staff.access_marks import requires
from people.staff.policy import Action
from web.account.set_up_screens import council_screens, file_screens
from web.manage.field_words import WORDS
from web.manage.set_up_context import address_of, key_of_address, preview_address, things_of
from web.manage.set_up_proposals import kept_preview, proposal_of, save
from web.manage.thing_form import ADDRESSED
from web.manage.untranslated import things_without
from web.names_apart import names_apart
from web.page_context import StaffContext, staff_context
from web.request_language import all_of, languages_of

THING_PATH = f"{SET_UP_PATH}/<any({', '.join(ADDRESSED)}):kind>/<slug>"


@blueprint.get(SET_UP_PATH)
@requires(Action.MANAGE_SET_UP)
def set_up() -> ResponseReturnValue:
    """All that the council has, with a link to each."""
    with staff_context() as context:
        catalogue = context.catalogue
        public = catalogue.public_services()
        listed: dict[Kind, Iterable[SiteFacts | ServiceFacts | ResourceFacts]] = {
            "site": catalogue.sites,
            "service": catalogue.services,
            "person": catalogue.people,
        }
        lists = {
            kind: [(name, address_of(Key(kind, (slug,)))) for slug, name in names_apart(things).items()]
            for kind, things in listed.items()
        }
        return render_template(
            "council/set_up.html",
            lists=lists,
            steps=first_steps(catalogue),
            **_not_yet(catalogue, public),
            untranslated=_untranslated(context),
            without_address=all_of(
                [
                    one.name
                    for one in catalogue.sites
                    if one.kind != VIRTUAL_SITE and not one.address and one.ending is None
                ]
            ),
            residents_page=f"{context.runtime.settings.public_url}/{context.authority.slug}/",
            council_screens=council_screens(context.authority.slug),
            file_screens=file_screens(),
            name=context.authority.name,
            is_saved=request.method == "GET" and "saved" in request.args,
        )


def _not_yet(catalogue: Catalogue, public: Collection[ServiceFacts]) -> dict[str, str]:
    """The names of services that nobody can book yet: those that a site could give, and those that none can."""
    waiting = [one for one in catalogue.services if one.ending is None and one not in public]
    possible = {mode for site in catalogue.sites if site.ending is None for mode in site.modes}
    names = names_apart(catalogue.services)
    placed = [one for one in waiting if possible & set(one.modes)]
    return {
        "unopened": all_of([names[one.slug] for one in placed]),
        "unplaced": all_of([names[one.slug] for one in waiting if one not in placed]),
    }


def _untranslated(context: StaffContext) -> list[tuple[LazyString, list[tuple[str, str]]]]:
    """What is not in another language of the council: the language, and name and address of each thing."""
    codes = [code for code in languages_of(context.authority) if code in OTHER_LANGUAGES]
    things = things_of(context) if codes else {}
    return [
        (WORDS[code], [(name, f"{address_of(key)}?part={field}#{field}") for key, (name, field) in without.items()])
        for code in codes
        if (without := things_without(things, code))
    ]


@blueprint.get(THING_PATH)
@requires(Action.MANAGE_SET_UP)
def set_up_thing(kind: str, slug: str) -> ResponseReturnValue:
    """The form of one thing; of a new one when the slug says so."""
    with staff_context() as context:
        return show_form(_place(context, kind, slug))


@blueprint.post(THING_PATH)
@requires(Action.MANAGE_SET_UP)
def send_set_up_thing(kind: str, slug: str) -> ResponseReturnValue:
    """A row more or less, the form again with what was typed, or the preview of the change."""
    with staff_context() as context:
        return send_form(_place(context, kind, slug))


@blueprint.get(f"{SET_UP_PATH}/preview/<key>")
@requires(Action.MANAGE_SET_UP)
def set_up_preview(key: str) -> ResponseReturnValue:
    """What the edits that were sent would do."""
    with staff_context() as context:
        return kept_preview(context, key, url_for("council.save_set_up"))


@blueprint.post(f"{SET_UP_PATH}/save")
@requires(Action.MANAGE_SET_UP)
def save_set_up() -> ResponseReturnValue:
    """Save what the preview has shown."""
    with staff_context() as context:
        proposal = proposal_of(context, request.form.get("proposal", ""))
        return save(context, proposal)


def _place(context: StaffContext, kind: str, slug: str) -> FormPlace:
    key = key_of_address(kind, slug)
    home = address_of(Key("site", key.slugs[:1])) if kind == "resource" else None
    routes = Routes(home or url_for("council.set_up"), address_of, preview_address)
    return FormPlace(context, things_of(context), kind, key, routes)
