"""Records that may be one person's: a list of them, two side by side, one made of both, and that undone again."""

from __future__ import annotations

from collections.abc import Sequence

from flask import Response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from booking.merging.duplicate_queries import likely_same
from booking.merging.merge_queries import kept_record_of, merges_of, names_of, recent_merges, superseded
from booking.merging.moved_rows_repository import records_stamp
from booking.merging.tables import ResidentMerge
from booking.use_cases.merge_residents import TwoRecords, merge_residents, say_different
from booking.use_cases.undo_merge import UNDONE_WITHIN, undo_merge
from core.error_texts import text_of
from core.errors import Invalid, NotFound, Reason, Refused, Stale
from core.problems import text_of_error
from people.residents.access_log import log_access
from people.residents.merge_choice import shared_hours
from people.residents.resident_repository import resident_of
from people.residents.tables import Resident
from people.staff.access_marks import requires
from people.staff.policy import Action
from web import error_pages
from web.agent import blueprint
from web.agent.call_request import LONGEST_ID
from web.agent.merge_form import merge_form
from web.agent.merge_page import MergeLine, MergePage, merge_line, pair_lines
from web.agent.resident_card import ResidentCard, resident_card
from web.components.form_fields import FieldError
from web.page_context import StaffContext, staff_context
from web.request_language import current_language

SAME_AS = "/residents/<int:resident_id>/same-as/<int:other_id>"
MERGES = "/residents/<int:resident_id>/merges"


@blueprint.get("/same-people")
@requires(Action.MERGE_RESIDENTS)
def same_people() -> ResponseReturnValue:
    """Residents who may be one person, the newest records first, and what was merged lately."""
    before = number_in(request.args.get("before", ""))
    with staff_context() as context:
        page = likely_same(context.db, context.authority.id, before)
        merges = () if before else recent_merges(context.db, context.authority.id)
        seen = {one.id for pair in page.pairs for one in (pair.one, pair.other)}
        seen |= {row.kept_resident_id for row in merges}
        if seen:
            log_merging(context, "same_people", None, residents=sorted(seen))
        return render_template(
            "agent/same_people.html",
            pairs=pair_lines(page.pairs),
            merges=_merge_lines(context, merges),
            is_first=before is None,
            before=page.before,
            done=request.args.get("done", ""),
        )


def log_merging(context: StaffContext, purpose: str, resident_id: int | None, **facts: object) -> None:
    """Write who looked at the resident, or at those whom the facts name."""
    with context.runtime.database.writing() as db:
        log_access(db, context.authority.id, resident_id, context.actor, purpose, context.now, **facts)


def number_in(text: str) -> int | None:
    """The number in an address; None for anything else."""
    return int(text) if text.isascii() and text.isdecimal() and len(text) <= LONGEST_ID else None


@blueprint.get(SAME_AS)
@requires(Action.MERGE_RESIDENTS)
def same_as(resident_id: int, other_id: int) -> ResponseReturnValue:
    """Both side by side, with all that belongs to either."""
    with staff_context() as context:
        two = _two(context, resident_id, other_id)
        kept, other = _cards(context, two)
        form = merge_form(None, kept.resident, other.resident)
        return _page(context, MergePage(context, kept, other, resident_id, form, _stamp(context, two)))


@blueprint.post(SAME_AS)
@requires(Action.MERGE_RESIDENTS)
def merge(resident_id: int, other_id: int) -> ResponseReturnValue:
    """Make one record of both, as it was chosen."""
    with staff_context() as context:
        two = _two(context, resident_id, other_id)
        kept, other = _cards(context, two)
        form = merge_form(request.form, kept.resident, other.resident)
        errors: Sequence[FieldError] = ()
        if form.validate():
            try:
                merge_residents(
                    context.runtime, two, form.chosen, seen=request.form.get("seen", ""), actor=context.actor
                )
                return redirect(url_for("agent.merges", resident_id=two.kept_id, done="merged"), code=303)
            except Refused as error:
                errors = [FieldError(text_of_error(error, current_language()), "")]
                if isinstance(error, Stale):
                    return _changed_meanwhile(two, resident_id)
        page = MergePage(context, kept, other, resident_id, form, request.form.get("seen", ""), errors)
        return _page(context, page, 409 if errors else 400)


def _changed_meanwhile(two: TwoRecords, resident_id: int) -> Response:
    """Both as they are now: somebody else has changed one of them since the page was opened."""
    with staff_context() as context:
        kept, other = _cards(context, two)
        form = merge_form(request.form, kept.resident, other.resident)
        text = _("One of the records has changed since you opened this page. Nothing was merged. Look again")
        errors = [FieldError(str(text), "")]
        return _page(context, MergePage(context, kept, other, resident_id, form, _stamp(context, two), errors), 409)


@blueprint.post(f"{SAME_AS}/differs")
@requires(Action.MERGE_RESIDENTS)
def differs(resident_id: int, other_id: int) -> ResponseReturnValue:
    """Remember that they are different people."""
    with staff_context() as context:
        say_different(context.runtime, _two(context, resident_id, other_id), actor=context.actor)
    return redirect(url_for("agent.same_people", done="differ"), code=303)


def _two(context: StaffContext, resident_id: int, other_id: int) -> TwoRecords:
    """The record that has been known for longer is kept: whichever it is, all of both is in it. Raises: NotFound."""
    if resident_id == other_id:
        raise NotFound.because("resident_unknown")
    return TwoRecords(context.authority.id, *sorted((resident_id, other_id)))


def _cards(context: StaffContext, two: TwoRecords) -> tuple[ResidentCard, ResidentCard]:
    return resident_card(context, two.kept_id, "merge"), resident_card(context, two.other_id, "merge")


def _stamp(context: StaffContext, two: TwoRecords) -> str:
    rows = (resident_of(context.db, two.authority_id, resident_id) for resident_id in (two.kept_id, two.other_id))
    return records_stamp(context.db, *rows)


def _page(context: StaffContext, page: MergePage, status: int = 200) -> Response:
    html = render_template(
        "agent/merge.html",
        authority=context.authority,
        page=page,
        form=page.form,
        has_errors=bool(page.errors or page.form.errors),
        cannot=_cannot(page),
    )
    return Response(html, status=status, mimetype="text/html")


def _cannot(page: MergePage) -> str:
    """Why these two cannot be one record yet; empty when they can."""
    try:
        shared_hours(page.kept.resident.safe_hours, page.other.resident.safe_hours)
    except Refused as error:
        return text_of_error(error, current_language())
    return ""


@blueprint.get(MERGES)
@requires(Action.MERGE_RESIDENTS)
def merges(resident_id: int) -> ResponseReturnValue:
    """What has become a part of this record, and whether it can be undone."""
    with staff_context() as context:
        return _merges_page(context, resident_id)


@blueprint.post(MERGES)
@requires(Action.MERGE_RESIDENTS)
def undo_one_merge(resident_id: int) -> ResponseReturnValue:
    """Make two records of one again."""
    merge_id = number_in(request.form.get("merge", ""))
    with staff_context() as context:
        known = {row.id for row in merges_of(context.db, context.authority.id, resident_id)}
        if merge_id is None or merge_id not in known:
            raise NotFound.because("merge_unknown")
        try:
            undo_merge(context.runtime, context.authority.id, merge_id, actor=context.actor)
        except (Refused, Invalid) as error:
            return _merges_page(context, resident_id, text_of_error(error, current_language()))
    return redirect(url_for("agent.merges", resident_id=resident_id, done="undone"), code=303)


def _merges_page(context: StaffContext, resident_id: int, error: str = "") -> Response:
    resident = resident_of(context.db, context.authority.id, resident_id)
    log_merging(context, "merge", resident_id)
    html = render_template(
        "agent/merges.html",
        authority=context.authority,
        resident=resident,
        lines=_merge_lines(context, merges_of(context.db, context.authority.id, resident_id)),
        errors=[FieldError(error, "")] if error else [],
        has_errors=bool(error),
        done=request.args.get("done", ""),
    )
    return Response(html, status=409 if error else 200, mimetype="text/html")


def _merge_lines(context: StaffContext, rows: Sequence[ResidentMerge]) -> tuple[MergeLine, ...]:
    names = names_of(context.db, context.authority.id, [row.kept_resident_id for row in rows])
    again = superseded(context.db, rows)
    return tuple(
        merge_line(context, row, names.get(row.kept_resident_id, ""), _why_not(context, row, is_again=row.id in again))
        for row in rows
    )


def _why_not(context: StaffContext, row: ResidentMerge, *, is_again: bool) -> str:
    """Why a merge cannot be undone; empty where it can."""
    reason = None
    if row.undone_at is not None:
        reason = Reason("merge_undone_already")
    elif not row.was_merged or context.now - row.at >= UNDONE_WITHIN:
        reason = Reason("merge_too_old_to_undo", {"days": UNDONE_WITHIN.days})
    elif is_again:
        reason = Reason("later_merge_first")
    return text_of(reason, current_language()) if reason else ""


@blueprint.errorhandler(NotFound)
def merged_meanwhile(error: NotFound) -> ResponseReturnValue:
    """Of which record this one is a part now, with a link to it; else the page of what is unknown."""
    resident_id = (request.view_args or {}).get("resident_id")
    if resident_id is not None and str(error) == "resident_unknown":
        with staff_context() as context:
            kept = kept_record_of(context.db, context.authority.id, resident_id)
            resident = context.db.get(Resident, kept) if kept is not None else None
            if resident is not None and resident.anonymised_at is None:
                log_merging(context, "merge", resident.id)
                html = render_template("agent/part_of.html", resident=resident)
                return Response(html, status=410, mimetype="text/html")
    return error_pages.page_of_error(error)
