"""Edits on their way from a form to the database: signed into the page that shows their effect, and saved from there.

Nothing is saved that was not shown with its effect: what is saved is what the page carries, under a signature.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from time import monotonic
from typing import Any, cast
from urllib.parse import urlencode

from flask import make_response, redirect, render_template, request
from flask.typing import ResponseReturnValue
from itsdangerous import BadData, URLSafeSerializer

from booking.availability.bookings_that_fit import MisfitReason
from booking.queries.closure_lists import by_start
from booking.queries.other_resources import OtherResources
from booking.use_cases.change_set_up import (
    ChangedMeanwhile,
    EditPreview,
    InvalidEdits,
    apply_edits,
    count_weeks,
    preview_edits,
)
from booking.use_cases.give_to_others import give_to_others, who_could_take
from booking.use_cases.slot_changes import WEEKS, CountedWeeks, WeekOfSlots
from core.errors import InvalidValue, NotFound
from core.tokens import spoken_reference
from core.wall_clock import ONE_DAY, parse_day
from locations.importing.difference import Key, Kind
from locations.importing.set_up_tables import Edit
from web.labels import REBOOK_REASONS
from web.manage.lacking_sessions import newly_lacking
from web.manage.recent_previews import COUNTED, FRESH, preview_of
from web.manage.set_up_kept import keep, kept
from web.manage.set_up_words import in_words
from web.manage.visits_sent import names_seen, visit_codes, visits_sent
from web.page_context import StaffContext
from web.request_language import all_of

MOST_SHOWN = 100
SECONDS = 1.5  # in which a page counts; then it shows how far it is, and goes on with another request
COUNTED_AHEAD = timedelta(days=2 * 366)  # so far ahead free times are counted on request


@dataclass(frozen=True)
class Proposal:
    """Edits with the fingerprints of what they were made for. `form` is the address of the form, `done` where they lead."""

    edits: tuple[Edit, ...]
    seen: Mapping[Key, str]
    form: str
    done: str

    def edit_of(self, key: Key) -> Edit | None:
        """The edit of this thing, if there is one."""
        return next((edit for edit in self.edits if edit.key == key), None)


def token_of(context: StaffContext, proposal: Proposal) -> str:
    """The proposal as a page carries it."""
    return _signer(context).dumps(
        {
            "edits": [[edit.key.kind, *edit.key.slugs, edit.table, edit.is_new] for edit in proposal.edits],
            "seen": [[key.kind, *key.slugs, mark] for key, mark in proposal.seen.items()],
            "form": proposal.form,
            "done": proposal.done,
        }
    )


def proposal_of(context: StaffContext, token: str) -> Proposal:
    """The proposal of a page that was made here, for this person. Raises: NotFound for any other."""
    try:
        found = cast(Mapping[str, Any], _signer(context).loads(token))
    except BadData as error:
        raise NotFound from error
    edits = tuple(Edit(_key(kind, slugs), table, is_new) for kind, *slugs, table, is_new in found["edits"])
    seen = {_key(kind, slugs): mark for kind, *slugs, mark in found["seen"]}
    return Proposal(edits, seen, found["form"], found["done"])


def _signer(context: StaffContext) -> URLSafeSerializer:
    keys = list(reversed(context.runtime.settings.secret_keys))  # the newest is the last
    return URLSafeSerializer(keys, salt=f"set-up:{context.authority.id}:{context.staff.staff_id}")


def _key(kind: str, slugs: Sequence[str]) -> Key:
    return Key(cast(Kind, kind), tuple(slugs))


def preview_page(
    context: StaffContext,
    proposal: Proposal,
    save_url: str,
    back_url: str | None = None,
    warnings: Sequence[str] = (),
) -> ResponseReturnValue:
    """The page that says what the edits would do, from which they are saved at `save_url`; `warnings` stand at its top.

    It leads back to `back_url`, or by the proposal to its form, which shows again what was typed.
    Raises: InvalidEdits and ChangedMeanwhile, for the form to show.
    """
    seconds = COUNTED if "counted" in request.args else FRESH
    preview, started = _preview(context, proposal, seconds), monotonic()
    goes_on = request.method == "GET"  # a page with an address of its own shows how far it is
    counted = count_weeks(
        context.runtime,
        preview,
        first=_weeks_asked(context),
        begun=_begun(context),
        is_enough=lambda: goes_on and monotonic() - started > SECONDS,
    )
    if counted.next_day is None:  # the page to save from: who no longer fits is not as old as the counting
        preview = _preview(context, proposal, FRESH)
        warnings = [*warnings, *_lacking(context, preview, counted)]
    page = make_response(
        _page(context, proposal, preview, counted, save_url=save_url, back_url=back_url, warnings=warnings)
    )
    if counted.next_day is not None:
        page.headers["Refresh"] = f"0; url={_further(context, counted)}"
    return page


def _lacking(context: StaffContext, preview: EditPreview, counted: CountedWeeks) -> list[str]:
    """What sessions would lack in the first week that changes; of one that opens nothing it says why."""
    sites = preview.imported.changes.touched_site_ids
    first = counted.dates[0] if counted.dates else context.today
    return newly_lacking(preview.before, preview.after, sites, first, context.now)


def _preview(context: StaffContext, proposal: Proposal, seconds: float = 0) -> EditPreview:
    return preview_of(context, token_of(context, proposal), proposal.edits, proposal.seen, seconds=seconds)


def _begun(context: StaffContext) -> CountedWeeks | None:
    """What the page before this one had counted, of the same set-up."""
    found = kept(context, request.args.get("counted", "")) or {}
    if found.get("version") != context.authority.plan_version:
        return None
    first, last, next_day = (parse_day(day) for day in found["days"])
    weeks = tuple(WeekOfSlots(parse_day(monday), *numbers) for monday, *numbers in found["weeks"])
    return CountedWeeks((first, last), weeks, found["beyond"], next_day)


def _further(context: StaffContext, counted: CountedWeeks) -> str:
    """The address at which the counting goes on."""
    days = [*(counted.dates or ()), counted.next_day]
    weeks = [[week.monday.isoformat(), week.appearing, week.disappearing] for week in counted.weeks]
    value = {"days": [day.isoformat() for day in days if day], "weeks": weeks, "beyond": counted.is_beyond_horizon}
    key = keep(context, {**value, "version": context.authority.plan_version})
    asked = request.args.get("weeks", "")
    return f"{request.path}?{urlencode({'counted': key} | ({'weeks': asked} if asked else {}))}"


def lead_to_preview(
    context: StaffContext,
    proposal: Proposal,
    address: Callable[[str], str],
    back_url: str | None = None,
    warnings: Sequence[str] = (),
) -> ResponseReturnValue:
    """To an address of its own for that page, made of the key under which the proposal is kept.

    Raises: InvalidEdits and ChangedMeanwhile, for the form to show.
    """
    _preview(context, proposal)
    value = {"proposal": token_of(context, proposal), "back": back_url, "warnings": [str(text) for text in warnings]}
    return redirect(address(keep(context, value)), code=303)


def lead_to_form(context: StaffContext, proposal: Proposal, address: str) -> ResponseReturnValue:
    """Back to the form at this address, which shows again what was typed."""
    key = keep(context, {"proposal": token_of(context, proposal)})
    return redirect(f"{address}{'&' if '?' in address else '?'}kept={key}", code=303)


def kept_proposal(context: StaffContext, key: str) -> Proposal | None:
    """The proposal that is kept under this key for whoever is signed in, or None."""
    found = kept(context, key)
    return None if found is None or "proposal" not in found else proposal_of(context, found["proposal"])


def kept_preview(context: StaffContext, key: str, save_url: str) -> ResponseReturnValue:
    """The page of this address, as things are now. Raises: NotFound when nothing is kept under this key."""
    found = kept(context, key)
    if found is None:
        raise NotFound
    proposal = proposal_of(context, found["proposal"])
    try:
        return preview_page(context, proposal, save_url, found["back"], found["warnings"])
    except (ChangedMeanwhile, InvalidEdits):
        return _saved(proposal) if _is_done(context, proposal) else _not_saved(context, proposal)


def _not_saved(context: StaffContext, proposal: Proposal) -> ResponseReturnValue:
    token = token_of(context, proposal)
    return render_template("council/set_up_not_saved.html", form_url=proposal.form, token=token), 409


def save(context: StaffContext, proposal: Proposal) -> ResponseReturnValue:
    """Save what the page showed: who was ticked stays as they are, and what else can take a visit takes it, if wanted.

    When somebody else was first, the page says what they did, and leads back to the form with what was typed.
    """
    listed, keep = 0, request.form.getlist("keep")
    give = visits_sent() if "give" in request.form else []
    try:
        imported = apply_edits(
            context.runtime, context.authority.id, proposal.edits, proposal.seen, actor=context.actor, keep=keep
        )
        references = {one.reference for one in imported.to_rebook}
        own = [visit for visit in give if visit.reference in references]
        listed = len(references) - give_to_others(context.runtime, context.authority.id, own, context.actor)
    except (ChangedMeanwhile, InvalidEdits):
        if not _is_done(context, proposal):
            return _not_saved(context, proposal)
    return _saved(proposal, has_listed=listed > 0)


def _saved(proposal: Proposal, *, has_listed: bool = False) -> ResponseReturnValue:
    """To where the proposal leads, which says that it is saved, and whether somebody was put on the list to rebook."""
    joint, listed = "&" if "?" in proposal.done else "?", "&listed=1" if has_listed else ""
    return redirect(f"{proposal.done}{joint}saved=1{listed}", code=303)


def _is_done(context: StaffContext, proposal: Proposal) -> bool:
    """Whether everything is as proposed already: the button was pressed twice, or the page left by the back button."""
    edits = [replace(edit, is_new=False) for edit in proposal.edits]
    try:
        return not preview_edits(context.runtime, context.authority.id, edits, {}).imported.things
    except (InvalidEdits, NotFound):
        return False


def _weeks_asked(context: StaffContext) -> date | None:
    """From which day on the page counts, as its address says; None for what is no day of the years to come."""
    try:
        asked = parse_day(request.args.get("weeks", ""))
    except InvalidValue:
        return None
    return asked if context.today <= asked <= context.today + COUNTED_AHEAD else None


def _later_weeks(context: StaffContext, counted: CountedWeeks) -> str | None:
    """Where the weeks after those that are shown are counted."""
    if counted.dates is None or counted.dates[1] >= context.today + COUNTED_AHEAD:
        return None
    return f"{request.path}?weeks={counted.dates[1] + ONE_DAY}#weeks" if request.method == "GET" else None


def _could_take(context: StaffContext, preview: EditPreview) -> tuple[OtherResources, ...]:
    """Those who are shown whom something or somebody else can take at their time, and what that is."""
    shown = preview.imported.to_rebook[:MOST_SHOWN]
    ids = [one.appointment_id for one in shown if one.reason == MisfitReason.RESOURCE]
    found = who_could_take(context.db, preview.after, by_start(context.db, preview.after, ids), context.now)
    return tuple(one for one in found if one.resources)


def _page(
    context: StaffContext, proposal: Proposal, preview: EditPreview, counted: CountedWeeks, **facts: object
) -> str:
    imported = preview.imported
    is_counted = counted.next_day is None
    shown = imported.to_rebook[:MOST_SHOWN] if is_counted else ()
    could_take = _could_take(context, preview) if is_counted else ()
    return render_template(
        "council/set_up_preview.html",
        things=[in_words(change, preview.after) for change in imported.things],
        kept=imported.changes.kept,
        counted=counted,
        all_weeks=WEEKS,
        later=_later_weeks(context, counted),
        is_later="weeks" in request.args,
        first_weeks=request.path,
        people=shown,
        names=names_seen(context, [one.appointment_id for one in shown]),
        affected=len(imported.to_rebook),
        takers={one.appointment.reference: all_of([other.name for other in one.resources]) for one in could_take},
        visits=visit_codes(could_take),
        reasons=REBOOK_REASONS,
        spoken=spoken_reference,
        token=token_of(context, proposal),
        form_url=proposal.form,
        **facts,
    )
