"""The travel times between sites, all in one form."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from werkzeug.datastructures import MultiDict

from booking.use_cases.change_set_up import ChangedMeanwhile, InvalidEdits
from council.council_blueprint import SET_UP_PATH, blueprint
from locations.importing.difference import Key, travel_key
from locations.importing.set_up_tables import Edit, Table, fingerprint
from people.staff.access_marks import requires
from people.staff.policy import Action
from web.manage.field_texts import text_of_field
from web.manage.screen_words import screen_text
from web.manage.set_up_context import preview_address, things_of
from web.manage.set_up_kept import keep, kept
from web.manage.set_up_proposals import Proposal, kept_proposal, lead_to_form, lead_to_preview, proposal_of
from web.manage.thing_form import TRAVEL, ThingForm, form_of_request, form_of_table
from web.page_context import StaffContext, staff_context

TRAVEL_PATH = f"{SET_UP_PATH}/travel"
KIND = "travel time"


@dataclass(frozen=True)
class Times:
    """The travel times that the council has given, by key."""

    by_key: dict[Key, Table]

    @property
    def table(self) -> Table:
        """What the form shows."""
        return {TRAVEL: list(self.by_key.values())}

    @property
    def mark(self) -> str:
        """What is another as soon as anybody changes one of them."""
        return fingerprint(self.table)

    def changed(self, rows: dict[Key, Table]) -> tuple[Edit, ...]:
        """The edits that make these rows of them."""
        written = (Edit(key, row) for key, row in rows.items() if dict(row) != dict(self.by_key.get(key, {})))
        removed = (Edit(key, None) for key in self.by_key if key not in rows)
        return (*written, *removed)


@blueprint.get(TRAVEL_PATH)
@requires(Action.MANAGE_SET_UP)
def travel() -> ResponseReturnValue:
    """The travel times, with what was typed when it comes back from a preview."""
    with staff_context() as context:
        times, name = _times_of(context), request.args.get("kept", "")
        proposal, found = kept_proposal(context, name), kept(context, name)
        if proposal is not None:
            rows = dict(times.by_key)
            for edit in proposal.edits:
                rows.pop(edit.key, None)
                rows |= {} if edit.table is None else {edit.key: edit.table}
            return _page(context, form_of_table(TRAVEL, Times(rows).table), times.mark)
        if found is not None:
            form = form_of_request(TRAVEL, MultiDict(found["typed"]), keeps_empty=True)
            return _page(context, form, found["seen"])
        return _page(context, form_of_table(TRAVEL, times.table), times.mark)


@blueprint.post(TRAVEL_PATH)
@requires(Action.MANAGE_SET_UP)
def send_travel() -> ResponseReturnValue:
    """A row more or less, the form again with what is wrong, or the preview of the change."""
    with staff_context() as context:
        if "proposal" in request.form:
            return lead_to_form(context, proposal_of(context, request.form["proposal"]), url_for("council.travel"))
        add, remove, seen = (request.form.get(name, "") for name in ("add", "remove_row", "seen"))
        form = form_of_request(TRAVEL, request.form, add, remove)
        if add or remove:
            name = keep(context, {"typed": form.sent(), "seen": seen})
            return redirect(url_for("council.travel", kept=name), code=303)
        is_valid = form.validate()
        rows = _rows_of(form)
        if not is_valid or form.errors:
            return _page(context, form, seen), 400
        times = _times_of(context)
        if seen != times.mark:
            return _page(context, form, times.mark, is_stale=True), 409
        return _preview(context, form, times, rows)


def _preview(context: StaffContext, form: ThingForm, times: Times, rows: dict[Key, Table]) -> ResponseReturnValue:
    edits = times.changed(rows)
    seen = {edit.key: fingerprint(times.by_key.get(edit.key)) for edit in edits}
    address = url_for("council.travel")
    try:
        return lead_to_preview(context, Proposal(edits, seen, address, address), preview_address)
    except InvalidEdits as error:
        for number, key in enumerate(rows):
            form.refuse({(TRAVEL, number, *path): whats for path, whats in error.of(key).items()})
        form.general += map(screen_text, error.besides(list(rows)))
        return _page(context, form, times.mark), 400
    except ChangedMeanwhile:  # between two statements of this request
        return _page(context, form, _times_of(context).mark, is_stale=True), 409


def _times_of(context: StaffContext) -> Times:
    return Times({key: thing.table for key, thing in things_of(context).items() if key.kind == KIND})


def _rows_of(form: ThingForm) -> dict[Key, Table]:
    """The rows by key; what cannot be used is refused at its row."""
    rows: dict[Key, Table] = {}
    for number, row in enumerate(form.table({}).get(TRAVEL, [])):
        for name, text in _missing(row):
            form.refuse({(TRAVEL, number, name): [text]})
        if "from" not in row or "to" not in row:
            continue
        key = travel_key((row["from"], row["to"]))
        if key in rows:
            form.refuse({(TRAVEL, number, "to"): [_("These two sites stand here twice. Take one of them away")]})
        rows[key] = row
    return rows


def _missing(row: Table) -> Iterator[tuple[str, str]]:
    texts = {
        "from": _("Choose from which site"),
        "to": _("Choose to which site"),
        "minutes": _("Enter how many minutes it takes"),
    }
    return ((name, text) for name, text in texts.items() if name not in row)


def _page(context: StaffContext, form: ThingForm, seen: str, **more: Any) -> str:
    sites = [(site.slug, site.name) for site in context.catalogue.sites if not site.is_virtual]
    for row in form.rows[TRAVEL]:
        for name in ("from", "to"):
            row[name].choices = [("", _("Choose one")), *sites]
    return render_template(
        "council/travel.html",
        form=form,
        has_errors=bool(form.errors),
        rows=form.rows[TRAVEL],
        text=text_of_field(TRAVEL, TRAVEL),
        can_add=len(sites) > 1,
        seen=seen,
        name=context.authority.name,
        is_saved=request.method == "GET" and "saved" in request.args,
        **more,
    )
