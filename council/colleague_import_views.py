"""Colleagues brought in from a CSV file: what it would add is shown first, and nothing is half added."""

from __future__ import annotations

from collections.abc import Sequence

from flask import redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from booking.importing.clashes import ImportRefused
from booking.importing.csv_file import read_rows
from core.errors import NotFound, Reason
from core.flask_context import current_runtime
from council.council_blueprint import blueprint
from people.staff.access_marks import requires
from people.staff.colleague_import import (
    MOST_ROWS,
    ColleagueRow,
    RowMistake,
    RowResult,
    WrongRows,
    import_colleagues,
)
from people.staff.colleague_rules import reach_of
from people.staff.policy import Action
from web.components.form_fields import FieldError
from web.labels import ROLES
from web.manage.set_up_file_texts import mistake_text
from web.manage.set_up_kept import keep, kept
from web.page_context import StaffContext, staff_context
from web.uploads import uploaded

PATH = "/staff/colleagues/import"
COLUMNS, NEEDED = ("email", "name", "role", "site"), ("email", "role")
MOST_SHOWN = 50


@blueprint.get(PATH)
@requires(Action.MANAGE_COLLEAGUES)
def import_colleagues_form() -> ResponseReturnValue:
    """The form for a file, with its columns explained."""
    with staff_context() as context:
        return import_page(context)


@blueprint.post(PATH)
@requires(Action.MANAGE_COLLEAGUES)
def send_colleagues() -> ResponseReturnValue:
    """To what the file would add; or what is wrong with it, by line."""
    with staff_context() as context:
        try:
            rows = _rows(uploaded())
            import_colleagues(context.runtime, context.staff, rows, dry_run=True)
        except WrongRows as error:
            return import_page(context, _texts(error.mistakes)), 400
        sent = [[row.line, row.email, row.name, row.role, row.site] for row in rows]
        return redirect(url_for("council.colleagues_preview", key=keep(context, {"colleagues": sent})), code=303)


@blueprint.get(f"{PATH}/preview/<key>")
@requires(Action.MANAGE_COLLEAGUES)
def colleagues_preview(key: str) -> ResponseReturnValue:
    """What each line would add. Raises: NotFound when nothing is kept under this key."""
    with staff_context() as context:
        try:
            results = import_colleagues(context.runtime, context.staff, _kept_rows(context, key), dry_run=True)
        except WrongRows as error:
            return import_page(context, _texts(error.mistakes)), 409
        return _preview_page(key, results)


@blueprint.post(f"{PATH}/preview/<key>")
@requires(Action.MANAGE_COLLEAGUES)
def add_colleagues(key: str) -> ResponseReturnValue:
    """Add what the page has shown. Raises: NotFound when nothing is kept under this key."""
    with staff_context() as context:
        rows = _kept_rows(context, key)
    try:
        import_colleagues(current_runtime(), context.staff, rows, dry_run=False)
    except WrongRows as error:
        with staff_context() as context:
            return import_page(context, _texts(error.mistakes)), 409
    return redirect(url_for("staff.colleagues"), code=303)


def _rows(content: bytes) -> list[ColleagueRow]:
    """The rows of the file. Raises: WrongRows."""
    try:
        found, clashes = read_rows(content, COLUMNS, NEEDED)
    except ImportRefused as error:
        raise WrongRows(tuple(RowMistake(one.line, one.column, one.reason) for one in error.clashes)) from error
    if len(found) > MOST_ROWS:
        raise WrongRows((RowMistake(1, "", Reason("rows_too_many", {"most": MOST_ROWS})),))
    if clashes:
        raise WrongRows(tuple(RowMistake(one.line, one.column, one.reason) for one in clashes))
    return [ColleagueRow(row.line, *(row.values.get(name, "").strip() for name in COLUMNS)) for row in found]


def _kept_rows(context: StaffContext, key: str) -> list[ColleagueRow]:
    found = kept(context, key)
    if found is None or "colleagues" not in found:
        raise NotFound
    return [ColleagueRow(*row) for row in found["colleagues"]]


def _texts(mistakes: Sequence[RowMistake]) -> list[str]:
    return [mistake_text(one) for one in mistakes[:MOST_SHOWN]]


def import_page(context: StaffContext, errors: Sequence[str] = ()) -> str:
    """The form, with what is wrong with the file that was sent."""
    return render_template(
        "council/colleagues_import.html",
        roles=[(role.value, ROLES[role]) for role in reach_of(context.staff.roles).roles()],
        errors=[FieldError(text, "file") for text in errors],
        has_errors=bool(errors),
    )


def _preview_page(key: str, results: Sequence[RowResult]) -> str:
    return render_template(
        "council/colleagues_preview.html",
        key=key,
        results=results,
        roles=ROLES,
        accounts=sum(one.adds_account for one in results),
        given=sum(one.adds_role for one in results),
    )
