"""The steps of a thing's form: shown, sent, shown again with what is wrong or with what somebody else did, and previewed."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from flask import redirect, request
from flask.typing import ResponseReturnValue
from werkzeug.datastructures import MultiDict

from booking.use_cases.change_set_up import ChangedMeanwhile, InvalidEdits, preview_edits
from core.errors import NotFound
from council.form_groups import row_id
from council.reminder_presets import PRESETS
from council.thing_page import thing_page
from locations.importing.difference import Key
from locations.importing.set_up_tables import NOT_THERE, STATEMENTS, Edit, Table, fingerprint
from web.manage.screen_words import screen_text
from web.manage.sessions_with import sessions_over, sessions_with
from web.manage.set_up_context import NEW, Things, slug_from
from web.manage.set_up_kept import keep, kept
from web.manage.set_up_merge import conflict_lines, merged
from web.manage.set_up_proposals import Proposal, lead_to_preview, proposal_of, token_of
from web.manage.set_up_warnings import warnings_of
from web.manage.thing_form import ThingForm, form_of_request, form_of_table
from web.page_context import StaffContext
from web.request_language import languages_of


@dataclass(frozen=True)
class Routes:
    """Where a form and what follows it are: the list that it belongs to, the form of a thing, and a preview."""

    home: str
    form: Callable[[Key, str], str | None]
    preview: Callable[[str], str]


@dataclass(frozen=True)
class FormPlace:
    """What a form is about: a thing, or as `kind` a part of one."""

    context: StaffContext
    things: Things
    kind: str
    key: Key
    routes: Routes

    @property
    def address(self) -> str:
        """Where the form is."""
        return self.routes.form(self.key, self.kind) or self.routes.home

    @property
    def is_new(self) -> bool:
        """Whether the thing is to be made."""
        return self.key.slugs[-1] == NEW and self.key.kind != "council"

    @property
    def now(self) -> Table | None:
        """The thing's own table, None where it is not there."""
        return self.things[self.key].table if self.key in self.things else None

    def stored(self) -> Table | None:
        """The same, None for a new one only. Raises: NotFound for one that is not there."""
        if self.key.kind == "resource" and Key("site", (self.key.slugs[0],)) not in self.things:
            raise NotFound
        if not self.is_new and self.key not in self.things:
            raise NotFound
        return None if self.is_new else self.things[self.key].table

    def page(self, form: ThingForm, seen: str, **more: Any) -> str:
        """The page of the form."""
        addresses = {"action": self.address, "back": self.routes.home}
        return thing_page(self.context, self.things, self.key, form, seen, **addresses, **more)


def show_form(place: FormPlace) -> ResponseReturnValue:
    """The form as the thing is, or with what was typed when it comes back from another page. Raises: NotFound."""
    table, name = place.stored(), request.args.get("kept", "")
    found = kept(place.context, name)
    if found is not None and "proposal" in found:
        form, seen, more = _again(place, proposal_of(place.context, found["proposal"]))
        return place.page(form, seen, **more)
    if found is not None:
        form = form_of_request(place.kind, MultiDict(found["typed"]), keeps_empty=True)
        return place.page(form, found["seen"], look=name if "look" in found else "")
    return place.page(form_of_table(place.kind, table or {}), fingerprint(table))


def send_form(place: FormPlace) -> ResponseReturnValue:
    """A row more or less or a plan to start from, the form with what was typed, or the preview. Raises: NotFound."""
    seen = request.form.get("seen", "")
    if "proposal" in request.form:
        return _back(place, proposal_of(place.context, request.form["proposal"]))
    add, remove = (request.form.get(name, "") for name in ("add", "remove_row"))
    is_again = any(name in request.form for name in ("add", "remove_row", "preset"))
    form = form_of_request(place.kind, request.form, add, remove, keeps_empty=is_again)
    preset = PRESETS.get(request.form.get("preset", ""))
    if preset and "reminder_plan" in form.rows:
        form.fill("reminder_plan", preset.reminders)
    if add or remove or preset:
        name = add or remove.partition("-")[0] or "reminder_plan"
        return _lead_on(
            place, {"typed": form.sent(), "seen": seen}, f"#{row_id(name, len(form.rows.get(name, ())) - 1)}"
        )
    stored = place.stored() or {}
    form.validate()
    table = form.table(stored)
    is_removed = "remove" in request.form and place.kind not in STATEMENTS
    return _preview(place, form, seen, None if is_removed else table)


def _preview(place: FormPlace, form: ThingForm, seen: str, table: dict[str, Any] | None) -> ResponseReturnValue:
    """The preview, or the form with what stands in its way."""
    context, key, edited = place.context, place.key, place.key
    if place.is_new and table is not None:
        slug = slug_from(str(table.get("name", "")), key.kind, key.slugs[0], place.things)
        edited, table = Key(key.kind, (*key.slugs[:-1], slug)), {"slug": slug, **table}
    done = place.routes.home if table is None else place.routes.form(edited, place.kind) or place.address
    besides = sessions_over(place.things, edited, context.today) if table is None else ()
    known = {} if place.is_new else {key: seen}
    known |= {edit.key: fingerprint(place.things[edit.key].table) for edit in besides}
    proposal = Proposal((Edit(edited, table, place.is_new), *besides), known, place.address, done)
    try:
        if form.errors:
            return _refused(place, form, seen, proposal)
        if "look" in request.form and table is not None:
            return _look(place, form, seen, proposal)
        warnings = warnings_of(place.things, proposal.edits, languages_of(context.authority))
        return lead_to_preview(context, proposal, place.routes.preview, None, warnings)
    except InvalidEdits as error:
        if table is None and (users := sessions_with(place.things, edited)):
            form.general.append(users)
            return place.page(form, seen), 400
        form.refuse(error.of(edited))
        form.general += map(screen_text, error.besides([edited]))
        return place.page(form, seen), 400
    except ChangedMeanwhile:
        return _back(place, proposal)


def _refused(place: FormPlace, form: ThingForm, seen: str, proposal: Proposal) -> ResponseReturnValue:
    """The form with what cannot be read, and all that the rules refuse besides. Raises: InvalidEdits."""
    context = place.context
    with suppress(ChangedMeanwhile):  # it is said once everything can be read
        preview_edits(context.runtime, context.authority.id, proposal.edits, proposal.seen)
    return place.page(form, seen), 400


def _look(place: FormPlace, form: ThingForm, seen: str, proposal: Proposal) -> ResponseReturnValue:
    """Back to the form, beside which stands the residents' page as it would be. Raises: InvalidEdits, ChangedMeanwhile."""
    preview_edits(place.context.runtime, place.context.authority.id, proposal.edits, proposal.seen)
    return _lead_on(place, {"typed": form.sent(), "seen": seen, "look": token_of(place.context, proposal)}, "#look")


def _back(place: FormPlace, proposal: Proposal) -> ResponseReturnValue:
    """To the form with what the proposal says; or the form with what somebody else has changed since."""
    form, seen, more = _again(place, proposal)
    if more:
        return place.page(form, seen, **more), 409
    return _lead_on(place, {"proposal": token_of(place.context, proposal)})


def _lead_on(place: FormPlace, value: dict[str, Any], part: str = "") -> ResponseReturnValue:
    """To the form, filled with what is kept, at a `part` of it."""
    address = place.address
    return redirect(f"{address}{'&' if '?' in address else '?'}kept={keep(place.context, value)}{part}", code=303)


def _again(place: FormPlace, proposal: Proposal) -> tuple[ThingForm, str, dict[str, Any]]:
    """The form with what the proposal says, its fingerprint, and what the page says of somebody else's change."""
    if place.is_new:
        typed = next((edit.table for edit in proposal.edits), None) or {}
        return form_of_table(place.kind, typed), NOT_THERE, {}
    edit, now = proposal.edit_of(place.key), place.now
    typed = now or {} if edit is None or edit.table is None else edit.table
    seen = proposal.seen.get(place.key, "")
    if fingerprint(now) == seen:
        return form_of_table(place.kind, typed), seen, {}
    conflict = conflict_lines(place.context, place.key, typed, now, seen)
    return form_of_table(place.kind, merged(typed, conflict.base, now)), fingerprint(now), {"conflict": conflict}
