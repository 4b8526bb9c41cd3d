"""What staff did and saw: who changed what, who looked at whose record, when, and from which screen."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from flask import Response, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from booking.queries.appointments import by_reference
from booking.queries.references import meant_reference
from booking.queries.staff_record import Place, RecordEntry, RecordFilter, record_entries
from core.audit import record
from core.errors import NotFound
from core.wall_clock import parse_instant
from people.residents.access_log import log_access
from people.staff.access_marks import requires
from people.staff.colleague_queries import colleagues_of
from people.staff.policy import Action
from web.account.record_page import RecordFilterForm, record_csv, rows_of
from web.account.staff_blueprint import blueprint
from web.page_context import StaffContext, staff_context

PAGE_SIZE = 50
MOST_IN_FILE = 10_000


@blueprint.get("/record")
@requires(Action.SEE_STAFF_RECORD)
def staff_record() -> ResponseReturnValue:
    """A page of the record, the newest first; who looked at it stands in it from then on."""
    with staff_context() as at:
        form = _form(at)
        wanted = _wanted(form, at)
        entries = record_entries(at.db, at.authority.id, wanted, PAGE_SIZE + 1, _place()) if wanted else []
        shown, has_more = entries[:PAGE_SIZE], len(entries) > PAGE_SIZE
        _log_view(at, shown)
        filters = {name: value for name in form.data if (value := request.args.get(name))}
        page = render_template(
            "staff/record.html",
            form=form,
            has_errors=bool(form.errors),
            rows=rows_of(shown, at.zone),
            filters=filters,
            is_first=_place() is None,
            older=_written(shown[-1].place) if has_more else "",
            most=MOST_IN_FILE,
            zone=at.zone,
        )
    return page, 400 if form.errors else 200


@blueprint.get("/record.csv")
@requires(Action.SEE_STAFF_RECORD)
def staff_record_file() -> ResponseReturnValue:
    """The newest entries as a file, which is in the record, too. Raises: NotFound for filters that mean nothing."""
    with staff_context() as at:
        wanted = _wanted(_form(at), at)
        if wanted is None:
            raise NotFound
        entries = record_entries(at.db, at.authority.id, wanted, MOST_IN_FILE)
        _log_view(at, entries)
        subject, authority_id = ("authority", at.authority.id), at.authority.id
        with at.runtime.database.writing() as db:
            found = {"entries": len(entries)}
            record(db, at.actor, "staff_record_exported", subject, authority_id=authority_id, now=at.now, found=found)
        text = record_csv(rows_of(entries, at.zone, most_names=None), ZoneInfo(at.zone))
    headers = {"Content-Disposition": f'attachment; filename="record-{at.today.isoformat()}.csv"'}
    return Response(text, content_type="text/csv; charset=utf-8", headers=headers)


def _form(at: StaffContext) -> RecordFilterForm:
    form = RecordFilterForm(formdata=request.args)
    form.offer((one.staff_id, one.name) for one in colleagues_of(at.db, at.authority.id))
    return form


def _wanted(form: RecordFilterForm, at: StaffContext) -> RecordFilter | None:
    """What is asked for; None when it means nothing, and the form says why."""
    if not form.validate():
        return None
    since, until = form.instants(at.zone)
    if since and until and since >= until:
        form.refuse("until", _("Choose a last day that is not before the first"))
        return None
    appointment = None
    if typed := form.reference.data:
        appointment = _appointment(at, typed)
        if appointment is None:
            form.refuse("reference", _("We have no appointment with this reference"))
            return None
    return RecordFilter(form.kind.data or "", form.actor(), since, until, appointment)


def _appointment(at: StaffContext, typed: str) -> tuple[int, int] | None:
    """The ids of the appointment that is meant and of its resident."""
    reference = meant_reference(at.db, at.authority.id, typed)
    try:
        view = by_reference(at.db, at.catalogue, reference or "")
    except NotFound:
        return None
    return view.id, view.resident.id


def _log_view(at: StaffContext, entries: list[RecordEntry]) -> None:
    residents = list(dict.fromkeys(one for entry in entries for one in entry.residents))
    with at.runtime.database.writing() as db:
        log_access(db, at.authority.id, None, at.actor, "staff_record", at.now, residents=residents)


def _written(place: Place) -> str:
    return f"{place.at.isoformat()}~{place.source}~{place.id}"


def _place() -> Place | None:
    """After which entry the page begins. Raises: NotFound for what is none."""
    text = request.args.get("after", "")
    if not text:
        return None
    try:
        at, source, number = text.split("~")
        place = Place(parse_instant(at), source, int(number))
    except ValueError as error:  # an InvalidValue is one
        raise NotFound from error
    if not 0 <= place.id < 2**63:
        raise NotFound
    return place
