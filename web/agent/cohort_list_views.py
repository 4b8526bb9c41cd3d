"""A list of people is taken: the form with the file, what it would do, line by line, and then all of it or nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import timedelta
from typing import Any

from flask import Response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from booking.importing.clashes import ImportRefused
from booking.invitations.cohort_queries import matched_rows
from booking.invitations.cohort_rules import MOST_PEOPLE, ListRow, MatchedRow, NewCohort
from booking.invitations.list_file import clashes_of_form, read_list
from booking.use_cases.invite_list import check_cohort, invite_list
from core.errors import Invalid, NotFound, Stale
from core.problems import joined_texts
from core.wall_clock import parse_day
from people.residents.access_log import log_access
from people.staff.access_marks import requires
from people.staff.policy import Action
from web.agent.cohort_form import CohortForm, cohort_form
from web.agent.cohort_labels import WISHES
from web.agent.message_views import blueprint
from web.components.form_fields import FieldError, errors_of
from web.manage.set_up_file_texts import mistake_text
from web.manage.set_up_kept import keep, kept
from web.page_context import StaffContext, staff_context
from web.request_language import current_language
from web.uploads import uploaded

PATH = "/staff/invitations/lists"
MOST_SHOWN = 50
NEW, SKIP = "new", "skip"
FOUR_WEEKS = timedelta(days=28)


@blueprint.get(f"{PATH}/new")
@requires(Action.INVITE)
def new_cohort() -> ResponseReturnValue:
    """The form for a list, with the columns of its file explained."""
    with staff_context() as context:
        dates = {"first_date": context.today.isoformat(), "last_date": (context.today + FOUR_WEEKS).isoformat()}
        return _new_page(cohort_form(context, formdata=None, data=dates))


@blueprint.post(f"{PATH}/new")
@requires(Action.INVITE)
def send_cohort() -> ResponseReturnValue:
    """To what the list would do; or what is wrong with it, by line."""
    with staff_context() as context:
        form = cohort_form(context)
        mistakes, rows = [], list[ListRow]()
        try:
            rows = read_list(uploaded(), context.authority.languages)
        except ImportRefused as error:
            mistakes = [mistake_text(one) for one in error.clashes]
        if form.validate() and not mistakes:
            new = form.new_cohort()
            try:
                check_cohort(context.catalogue, new, context.served_sites, context.now)
            except Invalid as error:
                form.refuse(next(iter(error.errors)), joined_texts(error, current_language()))
            else:
                forms = context.catalogue.service(new.service).case_number_form
                mistakes = [mistake_text(one) for one in clashes_of_form(rows, forms)]
                if mistakes:
                    return Response(_new_page(form, mistakes), status=400)
                values = {"cohort": _as_kept(new), "rows": [list(asdict(row).values()) for row in rows]}
                return redirect(url_for("messages.cohort_preview", key=keep(context, values)), code=303)
        return Response(_new_page(form, mistakes), status=400)


@blueprint.get(f"{PATH}/preview/<key>")
@requires(Action.INVITE)
def cohort_preview(key: str) -> ResponseReturnValue:
    """Whom it would invite, with the records that may be theirs already. Raises: NotFound when nothing is kept so."""
    with staff_context() as context:
        new, rows = _kept_list(context, key)
        return _preview(context, key, new, rows)


@blueprint.post(f"{PATH}/preview/<key>")
@requires(Action.INVITE)
def take_cohort(key: str) -> ResponseReturnValue:
    """Take the list as the page has shown it. Raises: NotFound when nothing is kept under this key."""
    with staff_context() as context:
        new, rows = _kept_list(context, key)
        matches = matched_rows(context.db, context.authority.id, _service_id(context, new), rows)
        chosen = {one.row.line: request.form.get(f"line_{one.row.line}", "") for one in matches if one.known}
        if unsaid := [one.row.line for one in matches if not _is_choice(one, chosen.get(one.row.line, ""))]:
            return Response(_preview(context, key, new, rows, _errors_of(unsaid)), status=400)
        taken = [row for row in rows if chosen.get(row.line) != SKIP]
        records = {line: 0 if value == NEW else int(value) for line, value in chosen.items() if value != SKIP}
        try:
            made = invite_list(
                context.runtime,
                context.authority.id,
                new,
                taken,
                records,
                actor=context.actor,
                served=context.served_sites,
                idempotency=context.form_key("invite list", records, key),
            )
        except Invalid as error:
            targets = [name for name in error.errors if name.startswith("line_")]
            errors = [FieldError(joined_texts(error, current_language()), next(iter(targets), ""))]
            return Response(_preview(context, key, new, rows, errors), status=400)
        except Stale:
            with staff_context() as now:
                return Response(_preview(now, key, new, rows, has_changed=True), status=409)
    return redirect(url_for("messages.one_cohort", cohort=made, said="taken"), code=303)


def _is_choice(match: MatchedRow, value: str) -> bool:
    return not match.known or value in (NEW, SKIP, *(str(one.id) for one in match.known))


def _errors_of(lines: Sequence[int]) -> list[FieldError]:
    return [FieldError(_("Line %(number)d: choose whose record it is", number=line), f"line_{line}") for line in lines]


def _as_kept(new: NewCohort) -> dict[str, Any]:
    return asdict(new) | {"first_date": new.first_date.isoformat(), "last_date": new.last_date.isoformat()}


def _kept_list(context: StaffContext, key: str) -> tuple[NewCohort, list[ListRow]]:
    found = kept(context, key)
    if found is None or "cohort" not in found:
        raise NotFound
    values = dict(found["cohort"])
    days = {name: parse_day(values[name]) for name in ("first_date", "last_date")}
    new = NewCohort(**values | days | {"sites": tuple(values["sites"])})
    return new, [ListRow(*row) for row in found["rows"]]


def _service_id(context: StaffContext, new: NewCohort) -> int:
    return context.catalogue.service(new.service).id


def _new_page(form: CohortForm, mistakes: Sequence[str] = ()) -> str:
    errors = [FieldError(text, "file") for text in mistakes[:MOST_SHOWN]]
    return render_template(
        "staff/cohort_new.html",
        form=form,
        mistakes=mistakes[:MOST_SHOWN],
        more=max(0, len(mistakes) - MOST_SHOWN),
        errors=[*errors_of(form), *errors],
        most=MOST_PEOPLE,
        has_errors=bool(form.errors or mistakes),
    )


def _preview(
    context: StaffContext,
    key: str,
    new: NewCohort,
    rows: list[ListRow],
    errors: Sequence[FieldError] = (),
    *,
    has_changed: bool = False,
) -> str:
    matches = matched_rows(context.db, context.authority.id, _service_id(context, new), rows)
    known = [one for one in matches if one.known]
    _log(context, sorted({record.id for one in known for record in one.known}))
    others = [one for one in matches if not one.known]
    return render_template(
        "staff/cohort_preview.html",
        key=key,
        new=new,
        service=context.catalogue.service(new.service),
        people=len(rows),
        known=known,
        others=others[:MOST_SHOWN],
        number_of_others=len(others),
        unreached=sum(not (one.row.email or one.row.phone or (one.row.address and one.row.postcode)) for one in others),
        chosen=request.form,
        errors=errors[:MOST_SHOWN],
        wishes=WISHES,
        has_changed=has_changed,
        has_errors=bool(errors),
    )


def _log(context: StaffContext, residents: list[int]) -> None:
    if residents:
        with context.runtime.database.writing() as db:
            council, now = context.authority.id, context.now
            log_access(db, council, None, context.actor, "invitations", now, residents=residents)
