"""The whole set-up as a file: down, and up again with a preview of what it changes."""

from __future__ import annotations

from flask import Response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from booking.use_cases.change_set_up import InvalidEdits
from core.audit import record
from council.council_blueprint import SET_UP_PATH, blueprint
from locations.exporting.council_file import council_file, file_tables
from locations.exporting.toml_text import toml_text
from locations.importing.difference import planned_set_up
from locations.importing.parse_plan import read_plan
from locations.importing.set_up_queries import stored_set_up
from locations.importing.set_up_tables import Edit, changed_things, fingerprint
from locations.importing.toml_file import MOST_SHOWN, InvalidFile
from people.staff.access_marks import requires
from people.staff.policy import Action
from web.components.form_fields import FieldError
from web.manage.set_up_context import preview_address
from web.manage.set_up_file_texts import line_text, other_council
from web.manage.set_up_proposals import Proposal, lead_to_preview
from web.page_context import StaffContext, staff_context
from web.uploads import uploaded, uploaded_name

FILE_PATH = f"{SET_UP_PATH}/file"


@blueprint.get(FILE_PATH)
@requires(Action.MANAGE_SET_UP)
def set_up_file() -> ResponseReturnValue:
    """The file, as the command exports it."""
    with staff_context() as context:
        council = context.authority
        text = toml_text(council_file(stored_set_up(context.db, council.id).values))
        with context.runtime.database.writing() as db:
            subject = ("authority", council.id)
            record(db, context.actor, "locations_exported", subject, authority_id=council.id, now=context.now)
    headers = {"Content-Disposition": f'attachment; filename="{council.slug}.toml"'}
    return Response(text, content_type="application/toml; charset=utf-8", headers=headers)


@blueprint.get(f"{SET_UP_PATH}/upload")
@requires(Action.MANAGE_SET_UP)
def upload_set_up() -> ResponseReturnValue:
    """The form for a file."""
    with staff_context() as context:
        return upload_page(context, [])


@blueprint.post(f"{SET_UP_PATH}/upload")
@requires(Action.MANAGE_SET_UP)
def send_set_up_file() -> ResponseReturnValue:
    """What the file would change, or what is wrong with it, by line."""
    if "proposal" in request.form:  # back from a preview that somebody else was faster than
        return redirect(url_for("council.upload_set_up"), code=303)
    with staff_context() as context:
        if not uploaded_name():
            return upload_page(context, [_("Choose a file")]), 400
        try:
            plan = read_plan(uploaded())
        except InvalidFile as error:
            return upload_page(context, [line_text(one.line, one.what) for one in error.errors[:MOST_SHOWN]]), 400
        if plan.authority["slug"] != context.authority.slug:
            return upload_page(context, [other_council(plan.authority["slug"], context.authority.slug)]), 400
        stored = stored_set_up(context.db, context.authority.id).values
        changes = changed_things(file_tables(stored), file_tables(planned_set_up(plan)))
        edits = tuple(Edit(change.key, change.after) for change in changes)
        seen = {change.key: fingerprint(change.before) for change in changes}
        form, done = url_for("council.upload_set_up"), url_for("council.set_up")
        try:
            proposal = Proposal(edits, seen, form, done)
            return lead_to_preview(context, proposal, preview_address, back_url=form)
        except InvalidEdits as error:
            return upload_page(context, [one.what for one in error.errors]), 400


def upload_page(context: StaffContext, errors: list[str]) -> str:
    """The form, with what is wrong with the file that was sent."""
    return render_template(
        "council/set_up_upload.html",
        errors=[FieldError(text, "file") for text in errors],
        has_errors=bool(errors),
        name=context.authority.name,
    )
