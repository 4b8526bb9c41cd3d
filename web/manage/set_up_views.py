"""The set-up on screens: its home page, the form of each thing, and saving what a preview has shown."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.datastructures import MultiDict

from booking.use_cases.change_set_up import ChangedMeanwhile, InvalidEdits
from core.errors import NotFound
from locations.importing.difference import Key, Kind
from locations.importing.set_up_tables import NOT_THERE, Edit, Table, fingerprint
from locations.model import ResourceFacts, ServiceFacts, SiteFacts
from people.staff.access_marks import requires
from people.staff.policy import Action
from web.account.home import url_or_none
from web.manage.field_texts import BY_LIST, KINDS, text_of_field
from web.manage.manage_blueprint import SET_UP_PATH, blueprint
from web.manage.set_up_context import NEW, Things, address_of, key_of_address, preview_address, slug_from, things_of
from web.manage.set_up_kept import keep, kept
from web.manage.set_up_merge import conflict_lines, merged
from web.manage.set_up_proposals import Proposal, kept_preview, lead_to_preview, proposal_of, save, token_of
from web.manage.set_up_words import title_of
from web.manage.thing_form import FIELDS, ThingForm, form_of_request, form_of_table
from web.page_context import StaffContext, staff_context

THING_PATH = f"{SET_UP_PATH}/<any({', '.join(FIELDS)}):kind>/<slug>"


@blueprint.get(SET_UP_PATH)
@requires(Action.MANAGE_SET_UP)
def set_up() -> ResponseReturnValue:
    """All that the council has, with a link to each."""
    with staff_context() as context:
        catalogue = context.catalogue
        listed: dict[Kind, Iterable[SiteFacts | ServiceFacts | ResourceFacts]] = {
            "site": catalogue.sites,
            "service": catalogue.services,
            "person": catalogue.people,
        }
        lists = {
            kind: [(thing.name, address_of(Key(kind, (thing.slug,)))) for thing in things]
            for kind, things in listed.items()
        }
        council = address_of(Key("council", (context.authority.slug,)))
        return render_template(
            "manage/set_up.html",
            lists=lists,
            council=council,
            name=context.authority.name,
            is_saved=_is_saved(),
        )


@blueprint.get(THING_PATH)
@requires(Action.MANAGE_SET_UP)
def set_up_thing(kind: str, slug: str) -> ResponseReturnValue:
    """The form of one thing; of a new one when the slug says so."""
    key = key_of_address(kind, slug)
    with staff_context() as context:
        things = things_of(context)
        table = _stored(things, key)
        found = kept(context, request.args.get("kept", ""))
        if found is not None and "proposal" in found:
            return _page(context, things, key, *_again(context, things, key, proposal_of(context, found["proposal"])))
        if found is not None:
            form = form_of_request(kind, MultiDict(found["typed"]), keeps_empty=True)
            return _page(context, things, key, form, found["seen"])
        return _page(context, things, key, form_of_table(kind, table or {}), fingerprint(table))


@blueprint.post(THING_PATH)
@requires(Action.MANAGE_SET_UP)
def send_set_up_thing(kind: str, slug: str) -> ResponseReturnValue:
    """A row more or less, the form again with what was typed, or the preview of the change."""
    key = key_of_address(kind, slug)
    with staff_context() as context:
        things, seen = things_of(context), request.form.get("seen", "")
        if "proposal" in request.form:
            return _back(context, things, key, proposal_of(context, request.form["proposal"]))
        add, remove = (request.form.get(name, "") for name in ("add", "remove_row"))
        form = form_of_request(kind, request.form, add, remove)
        if add or remove:
            return _lead_on(context, key, {"typed": form.sent(), "seen": seen})
        stored = _stored(things, key) or {}
        is_valid = form.validate()
        table = form.table(stored)
        if not is_valid or form.errors:
            return _page(context, things, key, form, seen), 400
        if "remove" in request.form:
            return _preview(context, things, key, form, seen, None)
        return _preview(context, things, key, form, seen, table)


@blueprint.get(f"{SET_UP_PATH}/preview/<key>")
@requires(Action.MANAGE_SET_UP)
def set_up_preview(key: str) -> ResponseReturnValue:
    """What the edits that were sent would do."""
    with staff_context() as context:
        return kept_preview(context, key, url_for("manage.save_set_up"))


@blueprint.post(f"{SET_UP_PATH}/save")
@requires(Action.MANAGE_SET_UP)
def save_set_up() -> ResponseReturnValue:
    """Save what the preview has shown."""
    with staff_context() as context:
        proposal = proposal_of(context, request.form.get("proposal", ""))
        return save(context, proposal, request.form.getlist("keep"), url_for("manage.save_set_up"))


def _stored(things: Things, key: Key) -> Table | None:
    """The thing's own table, None for a new one. Raises: NotFound for one that is not there."""
    if key.kind == "resource" and Key("site", (key.slugs[0],)) not in things:
        raise NotFound
    if key.slugs[-1] == NEW and key.kind != "council":
        return None
    if key not in things:
        raise NotFound
    return things[key].table


def _preview(
    context: StaffContext, things: Things, key: Key, form: ThingForm, seen: str, table: dict[str, Any] | None
) -> ResponseReturnValue:
    """The preview, or the form with what stands in its way."""
    is_new, edited = key.slugs[-1] == NEW, key
    if is_new and table is not None:
        slug = slug_from(str(table.get("name", "")), key.kind, key.slugs[0], things)
        edited, table = Key(key.kind, (*key.slugs[:-1], slug)), {"slug": slug, **table}
    form_url = address_of(key) or url_for("manage.set_up")
    done = url_for("manage.set_up") if table is None else address_of(edited) or form_url
    proposal = Proposal((Edit(edited, table, is_new),), {} if is_new else {key: seen}, form_url, done)
    try:
        return lead_to_preview(context, proposal, preview_address)
    except InvalidEdits as error:
        form.refuse(error.of(edited))
        form.general += error.besides([edited])
        return _page(context, things, key, form, seen), 400
    except ChangedMeanwhile:
        return _back(context, things, key, proposal)


def _back(context: StaffContext, things: Things, key: Key, proposal: Proposal) -> ResponseReturnValue:
    """To the form with what the proposal says; or the form with what somebody else has changed since."""
    form, seen, more = _again(context, things, key, proposal)
    if more:
        return _page(context, things, key, form, seen, more), 409
    return _lead_on(context, key, {"proposal": token_of(context, proposal)})


def _lead_on(context: StaffContext, key: Key, value: dict[str, Any]) -> ResponseReturnValue:
    """To the form, filled with what is kept."""
    address = address_of(key) or url_for("manage.set_up")
    return redirect(f"{address}{'&' if '?' in address else '?'}kept={keep(context, value)}", code=303)


def _again(
    context: StaffContext, things: Things, key: Key, proposal: Proposal
) -> tuple[ThingForm, str, dict[str, Any]]:
    """The form with what the proposal says, its fingerprint, and what the page says of somebody else's change."""
    if key.slugs[-1] == NEW:
        typed = next((edit.table for edit in proposal.edits), None) or {}
        return form_of_table(key.kind, typed), NOT_THERE, {}
    edit, now = proposal.edit_of(key), things[key].table if key in things else None
    typed = now or {} if edit is None or edit.table is None else edit.table
    seen = proposal.seen.get(key, "")
    if fingerprint(now) == seen:
        return form_of_table(key.kind, typed), seen, {}
    conflict = conflict_lines(context, key, typed, now, seen)
    return form_of_table(key.kind, merged(typed, conflict.base, now)), fingerprint(now), {"conflict": conflict}


def _page(
    context: StaffContext,
    things: Things,
    key: Key,
    form: ThingForm,
    seen: str,
    more: Mapping[str, Any] | None = None,
) -> str:
    is_new = key.slugs[-1] == NEW and key.kind != "council"
    table = things[key].table if key in things else {}
    own = [
        (one.table["name"], address_of(child))
        for child, one in things.items()
        if key.kind == "site" and child.kind == "resource" and child.slugs[0] == key.slugs[0]
    ]
    return render_template(
        "manage/set_up_thing.html",
        form=form,
        has_errors=bool(form.errors),
        kind=key.kind,
        title=str(KINDS[key.kind]) if is_new else title_of(key, table, context.catalogue),
        is_new=is_new,
        seen=seen,
        action=address_of(key),
        resources=own,
        new_resource=url_for("manage.set_up_thing", kind="resource", slug=NEW, site=key.slugs[0]),
        week=url_or_none("planner.week", site=key.slugs[0]) if key.kind == "site" else None,
        history=url_for("manage.set_up_history", thing="/".join((key.kind, *key.slugs))),
        list_texts={name: text_of_field(key.kind, name) for name in BY_LIST if name in form.rows},
        is_saved=_is_saved(),
        **(more or {}),
    )


def _is_saved() -> bool:
    return request.method == "GET" and "saved" in request.args
