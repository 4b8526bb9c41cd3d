"""The page of a thing's form: its fields, what belongs to it, and beside it what residents would see."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import render_template, request, url_for
from flask_babel import LazyString
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from council.first_steps import next_step
from council.form_groups import LISTS_AFTER, parts_of, row_id
from council.reminder_example import example_of
from council.reminder_presets import PRESETS, preset_figures
from locations.importing.difference import Key
from locations.importing.set_up_tables import STATEMENTS, Table
from locations.postcodes import point_of
from people.staff.policy import Action
from web.account.home import url_or_none
from web.manage.field_texts import BY_LIST, KINDS, text_of_field
from web.manage.set_up_context import NEW, Things, address_of
from web.manage.set_up_words import title_of
from web.manage.thing_form import ThingForm
from web.page_context import StaffContext

ADD: Mapping[str, LazyString] = {
    "site": _l("Add a site"),
    "service": _l("Add a service"),
    "person": _l("Add a person who works at several sites"),
    "resource": _l("Add a desk, room or person"),
}
SHOWN_TO_RESIDENTS = ("service", "site")  # what has a page that residents see of it


def thing_page(context: StaffContext, things: Things, key: Key, form: ThingForm, seen: str, **more: Any) -> str:
    """The page; `more` is where it leads, what it says of somebody else's change, and what is looked at beside it."""
    is_new = key.slugs[-1] == NEW and key.kind != "council"
    is_part = form.kind in STATEMENTS
    if "successor" in form.main:
        _offer_successors(things, key, form)
    if "wards" in form.main:
        _offer_wards(things, form)
    return render_template(
        "council/set_up_thing.html",
        form=form,
        has_errors=bool(form.errors),
        kind=form.kind,
        title=_title(context, things, key, form.kind, is_new=is_new),
        is_new=is_new,
        is_part=is_part,
        seen=seen,
        slug=key.slugs[0],
        resources=_resources_at(things, key),
        new_resource=url_for("council.set_up_thing", kind="resource", slug=NEW, site=key.slugs[0]),
        week=url_or_none("planner.week", site=key.slugs[0]) if key.kind == "site" else None,
        history=_history(context, key),
        next_steps=_next_steps(context, things, key),
        **_fields(form, things[key].table if key in things else {}, all_open="conflict" in more),
        has_look=form.kind in SHOWN_TO_RESIDENTS,
        presets=PRESETS,
        preset_figures=preset_figures(context) if "reminder_plan" in form.rows else {},
        missed_visit=context.authority.missed_visit_cost,
        example=example_of(context, form) if "reminder_plan" in form.rows else None,
        point=_point(form) if form.kind == "site" else None,
        is_saved=request.method == "GET" and "saved" in request.args,
        **more,
    )


def _fields(form: ThingForm, saved: Table, *, all_open: bool) -> dict[str, Any]:
    """What the page needs to show the fields, in parts of which those are open that somebody works on."""
    texts = {name: text_of_field(form.kind, name) for name in BY_LIST if name in form.rows}
    labels = {name: text.label for name, text in texts.items()}
    parts = parts_of(form, saved, labels, request.args.get("part", ""), all_open=all_open)
    return {"parts": parts, "list_texts": texts, "lists_after": LISTS_AFTER.get(form.kind, {}), "row_id": row_id}


def _offer_successors(things: Things, key: Key, form: ThingForm) -> None:
    """Let the form choose among the other things of its kind, and leave what is known no more as it stands."""
    field = form.main["successor"]
    others = {
        other.slugs[-1]: str(one.table.get("name") or other.slugs[-1])
        for other, one in things.items()
        if other.kind == key.kind and other != key
    }
    if field.data:
        others.setdefault(field.data, field.data)
    field.choices = [("", _("None")), *sorted(others.items(), key=lambda other: other[1])]


def _offer_wards(things: Things, form: ThingForm) -> None:
    """Let the form choose among the council's wards; without any it has no such field."""
    field = form.main["wards"]
    names = {key.slugs[0]: str(one.table["name"]) for key, one in things.items() if key.kind == "ward"}
    names |= {slug: slug for slug in field.data or () if slug not in names}
    field.choices = sorted(names.items(), key=lambda ward: ward[1].casefold())
    if not names:
        del form.main["wards"]


def _history(context: StaffContext, key: Key) -> str:
    """Where the history of the thing is; nothing for who does not see it."""
    if not context.staff.may(Action.MANAGE_SET_UP):
        return ""
    return url_for("council.set_up_history", thing="/".join((key.kind, *key.slugs)))


def _next_steps(context: StaffContext, things: Things, key: Key) -> list[tuple[str, str]]:
    """What somebody does next who has saved the thing: where it leads, and in which words."""
    steps = []
    if key.kind in ("site", "resource"):
        site = things[Key("site", key.slugs[:1])].table["name"] if Key("site", key.slugs[:1]) in things else ""
        more = _("Add a desk, room or person") if key.kind == "site" else _("Add one more desk, room or person")
        steps.append((more, url_for("council.set_up_thing", kind="resource", slug=NEW, site=key.slugs[0])))
        week = url_or_none("planner.week", site=key.slugs[0])
        steps += [(_("Say when it is open: the week of %(site)s", site=site), week)] if week else []
    elif (following := next_step(context.catalogue)) is not None:
        steps.append((_("Next: %(step)s", step=following.text), following.href or ""))
    if key.kind == "service":
        steps.append((_("Add one more service"), url_for("council.set_up_thing", kind="service", slug=NEW)))
    return [*steps, (_("Set-up"), url_for("council.set_up"))] if context.staff.may(Action.MANAGE_SET_UP) else steps


def _title(context: StaffContext, things: Things, key: Key, kind: str, *, is_new: bool) -> str:
    if kind in STATEMENTS:
        return str(KINDS[kind])
    if is_new:
        site = things.get(Key("site", key.slugs[:1])) if kind == "resource" else None
        return f"{ADD[kind]}, {site.table['name']}" if site else str(ADD[kind])
    return title_of(key, things[key].table if key in things else {}, context.catalogue)


def _resources_at(things: Things, key: Key) -> list[tuple[Any, str | None]]:
    """The names and addresses of what stands at a site."""
    return [
        (one.table["name"], address_of(child))
        for child, one in things.items()
        if key.kind == "site" and child.kind == "resource" and child.slugs[0] == key.slugs[0]
    ]


def _point(form: ThingForm) -> tuple[int, int] | None:
    """Easting and northing that the postcode in the form gives, where the form has no others."""
    if form.main["easting"].data or form.main["northing"].data:
        return None
    easting, northing = point_of(str(form.main["postcode"].data or ""))
    return None if easting is None or northing is None else (easting, northing)
