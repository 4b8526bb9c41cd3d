"""The wards of a council: which there are, and all of them from a file, with what that changes shown first."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from booking.importing.clashes import ImportRefused
from booking.importing.ward_file import wards_in
from booking.use_cases.change_set_up import ChangedMeanwhile, InvalidEdits
from booking.use_cases.import_wards import marks_of, ward_edits
from council.council_blueprint import SET_UP_PATH, blueprint
from locations.importing.difference import Key
from locations.importing.set_up_tables import Thing
from people.staff.access_marks import requires
from people.staff.policy import Action
from web.components.form_fields import FieldError
from web.manage.screen_words import screen_text
from web.manage.set_up_context import preview_address, things_of
from web.manage.set_up_file_texts import mistake_text
from web.manage.set_up_proposals import Proposal, lead_to_preview
from web.page_context import StaffContext, staff_context
from web.uploads import uploaded

WARDS_PATH = f"{SET_UP_PATH}/wards"
MOST_SHOWN = 50


@dataclass(frozen=True)
class ListedWard:
    """A ward with how many postcodes lie in it, and the services that are for its people."""

    name: str
    postcodes: int
    services: tuple[str, ...]


@blueprint.get(WARDS_PATH)
@requires(Action.MANAGE_SET_UP)
def wards() -> ResponseReturnValue:
    """The wards, and the form for a file with its columns explained."""
    with staff_context() as context:
        return wards_page(context, [])


@blueprint.post(WARDS_PATH)
@requires(Action.MANAGE_SET_UP)
def send_wards() -> ResponseReturnValue:
    """What the file would change, or what is wrong with it, by line."""
    if "proposal" in request.form:  # back from a preview that somebody else was faster than
        return redirect(url_for("council.wards"), code=303)
    content = uploaded()
    with staff_context() as context:
        if not content:
            return wards_page(context, [_("Choose a file")]), 400
        try:
            found = wards_in(content)
        except ImportRefused as error:
            return wards_page(context, [mistake_text(clash) for clash in error.clashes[:MOST_SHOWN]]), 400
        things, form = things_of(context), url_for("council.wards")
        edits = ward_edits(things, found)
        try:
            return lead_to_preview(context, Proposal(edits, marks_of(things, edits), form, form), preview_address, form)
        except InvalidEdits as error:
            texts = [screen_text(one.what, "service") for one in error.errors[:MOST_SHOWN]]
        except ChangedMeanwhile:
            texts = [_("Somebody else has changed the council at this moment. Send the file again.")]
        return wards_page(context, texts), 400


def wards_page(context: StaffContext, errors: list[str]) -> str:
    """The page, with what is wrong with the file that was sent."""
    return render_template(
        "council/wards.html",
        name=context.authority.name,
        wards=_listed(things_of(context)),
        errors=[FieldError(text, "file") for text in errors],
        has_errors=bool(errors),
        is_saved=request.method == "GET" and "saved" in request.args,
    )


def _listed(things: Mapping[Key, Thing]) -> list[ListedWard]:
    services = [one.table for key, one in things.items() if key.kind == "service"]
    tables = [one.table for key, one in things.items() if key.kind == "ward"]
    return [
        ListedWard(
            str(ward["name"]),
            len(ward["postcodes"]),
            tuple(str(one["name"]) for one in services if ward["slug"] in one.get("wards", ())),
        )
        for ward in sorted(tables, key=lambda table: str(table["name"]).casefold())
    ]
