"""A triage is written on screens: itself, each question and each outcome on a page of its own, with its map and checks.

What is written so far is kept for whoever writes it, and changes nothing before its effect was shown.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask import Response, abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from booking.use_cases.change_set_up import ChangedMeanwhile, InvalidEdits, base_of
from core.errors import NotFound
from core.slugs import NEW
from core.text import small_numbers
from council.council_blueprint import SET_UP_PATH, blueprint
from council.triage_map_views import drawn
from locations.importing.difference import Key
from locations.importing.set_up_tables import Edit, fingerprint, plain
from locations.triage.tree import tree_in
from people.staff.access_marks import requires
from people.staff.policy import Action
from web.manage.screen_words import screen_text
from web.manage.set_up_context import Things, preview_address, slug_from, things_of
from web.manage.set_up_kept import keep, kept
from web.manage.set_up_proposals import Proposal, lead_to_preview, proposal_of
from web.manage.thing_form import ThingForm, form_of_request, form_of_table
from web.manage.triage_draft import OUTCOMES, QUESTIONS, TriageDraft, with_theirs
from web.manage.triage_part_checks import wrong_in_part
from web.manage.triage_problem_texts import problem_text
from web.names_apart import names_apart
from web.page_context import StaffContext, staff_context
from web.request_language import languages_of

TRIAGE_PATH = f"{SET_UP_PATH}/triages/<slug>"
# A full stop stands in no slug: no part of a triage can be called so.
ITSELF, NEW_QUESTION, NEW_OUTCOME = "triage.itself", "new.question", "new.outcome"
KINDS = {QUESTIONS: "triage_question", OUTCOMES: "triage_outcome"}
MOST_STEPS = 40
NOT_TYPED = ("csrf_token", "idempotency_key", "proposal", "add", "remove_row", "remove")


@dataclass(frozen=True)
class Writing:
    """A triage that somebody writes: under which key it is kept so far; empty where nothing was written yet."""

    context: StaffContext
    things: Things
    slug: str
    draft: TriageDraft
    kept: str

    @property
    def is_changed(self) -> bool:
        """Whether it is another than the one that is saved."""
        found = self.things.get(Key("triage", (self.slug,)))
        return self.draft.table != (found.table if found else {})

    def url(self, name: str, **more: Any) -> str:
        """The address of a page of it."""
        return url_for(f"council.{name}", slug=self.slug, kept=self.kept or None, **more)

    def with_draft(self, draft: TriageDraft) -> str:
        """The address of the overview, with the draft kept."""
        name = keep(self.context, {"triage": self.slug, "table": dict(draft.table), "seen": draft.seen})
        return url_for("council.triage_draft", slug=self.slug, kept=name)


def _writing(context: StaffContext, slug: str) -> Writing:
    """What is kept under the key of the address, or else the triage as it is. Raises: NotFound."""
    things, name = things_of(context), request.args.get("kept", "")
    thing, found = things.get(Key("triage", (slug,))), kept(context, name)
    if name and (found is None or found.get("triage") != slug):
        abort(_gone(slug))
    if found is not None:
        return Writing(context, things, slug, TriageDraft(found["table"], found["seen"]), name)
    if thing is None and slug != NEW:
        raise NotFound
    table = thing.table if thing else None
    return Writing(context, things, slug, TriageDraft(table or {}, fingerprint(table)), "")


def _gone(slug: str) -> Response:
    """What was written is not kept any more: the page says so, with what was typed last, and never goes on without it."""
    typed = [value for name, value in request.form.items() if name not in NOT_TYPED and value.strip()]
    return Response(render_template("council/triage_gone.html", slug=slug, typed=typed), status=410)


@blueprint.get(TRIAGE_PATH)
@requires(Action.MANAGE_SET_UP)
def triage_draft(slug: str) -> ResponseReturnValue:
    """All parts of the triage, its map, and what is wrong with it so far."""
    with staff_context() as context:
        writing = _writing(context, slug)
        if slug == NEW and not writing.kept:
            return redirect(writing.url("triage_part", part=ITSELF), code=303)
        return _overview(writing)


def _overview(writing: Writing, errors: tuple[str, ...] = ()) -> str:
    tree, problems = writing.draft.tree, writing.draft.problems
    return render_template(
        "council/triage_draft.html",
        writing=writing,
        tree=tree,
        one=drawn(tree) if tree.first in tree.questions else None,
        problems=[problem_text(tree, problem) for problem in problems],
        errors=[{"text": text, "target": ""} for text in errors],
        is_stale="stale" in request.args,
        is_saved="saved" in request.args,
        history=url_for("council.set_up_history", thing=f"triage/{writing.slug}"),
        itself=ITSELF,
        new_parts=(NEW_QUESTION, NEW_OUTCOME),
    )


@blueprint.post(TRIAGE_PATH)
@requires(Action.MANAGE_SET_UP)
def send_triage_draft(slug: str) -> ResponseReturnValue:
    """The preview of what changes, or of taking the triage away; or the page with what the rules of the file say."""
    with staff_context() as context:
        writing = _writing(context, slug)
        if "proposal" in request.form:  # back from a preview
            return redirect(_again(writing, proposal_of(context, request.form["proposal"])), code=303)
        key, draft = Key("triage", (slug,)), writing.draft
        is_new = slug == NEW
        if is_new:
            key = Key("triage", (slug_from(draft.tree.name, "triage", "", writing.things),))
        table = None if "remove" in request.form else {**draft.table, "slug": key.slugs[0]}
        done = url_for("council.triages") if table is None else url_for("council.triage_draft", slug=key.slugs[0])
        proposal = Proposal(
            (Edit(key, table, is_new),), {} if is_new else {key: draft.seen}, writing.url("triage_draft"), done
        )
        try:
            return lead_to_preview(context, proposal, preview_address, writing.url("triage_draft"))
        except InvalidEdits as error:
            return _overview(writing, tuple(screen_text(one.what, "triage") for one in error.errors)), 400
        except ChangedMeanwhile:
            return redirect(f"{writing.with_draft(_with_theirs(writing, key))}&stale=1", code=303)


def _with_theirs(writing: Writing, key: Key) -> TriageDraft:
    """What was written, with what a colleague has changed meanwhile in parts that were not touched here."""
    draft, now = writing.draft, writing.things.get(key)
    base, _last = base_of(writing.context.db, writing.context.authority.id, key, draft.seen)
    if now is None or base is None:
        return TriageDraft(draft.table, fingerprint(now.table if now else None))
    return TriageDraft(with_theirs(draft.table, plain(base), plain(now.table)), fingerprint(now.table))


def _again(writing: Writing, proposal: Proposal) -> str:
    """Where what a preview has shown is written on."""
    edit = next((one for one in proposal.edits if one.table is not None), None)
    return (
        writing.with_draft(TriageDraft(edit.table, writing.draft.seen))
        if edit and edit.table
        else writing.url("triage_draft")
    )


@blueprint.get(f"{TRIAGE_PATH}/parts/<part>")
@requires(Action.MANAGE_SET_UP)
def triage_part(slug: str, part: str) -> ResponseReturnValue:
    """The form of the triage itself, or of one of its questions or outcomes."""
    with staff_context() as context:
        writing = _writing(context, slug)
        kind, table = _part(writing, part)
        return _part_page(writing, part, form_of_table(kind, table))


@blueprint.post(f"{TRIAGE_PATH}/parts/<part>")
@requires(Action.MANAGE_SET_UP)
def send_triage_part(slug: str, part: str) -> ResponseReturnValue:
    """An answer more or less, the form with what is wrong, or on to all parts with what was typed."""
    with staff_context() as context:
        writing = _writing(context, slug)
        kind, before = _part(writing, part)
        if "remove" in request.form and part not in (ITSELF, NEW_QUESTION, NEW_OUTCOME):
            return redirect(writing.with_draft(writing.draft.without(part)), code=303)
        add, remove = (request.form.get(name, "") for name in ("add", "remove_row"))
        form = form_of_request(kind, request.form, add, remove, keeps_empty=bool(add or remove))
        if add or remove:
            return _part_page(writing, part, form)
        is_valid, table = form.validate(), form.table({})
        if is_valid:
            form.refuse(wrong_in_part(kind, table))
        if not is_valid or form.errors:
            return _part_page(writing, part, form), 400
        if kind == "triage":
            return redirect(writing.with_draft(writing.draft.with_own(table)), code=303)
        name = QUESTIONS if kind == KINDS[QUESTIONS] else OUTCOMES
        draft, _slug = writing.draft.with_part(name, str(before.get("slug", "")), table)
        return redirect(writing.with_draft(draft), code=303)


def _part(writing: Writing, part: str) -> tuple[str, Any]:
    """The kind of a part and its table. Raises: NotFound."""
    if part == ITSELF:
        return "triage", writing.draft.table
    if part in (NEW_QUESTION, NEW_OUTCOME):
        return KINDS[QUESTIONS if part == NEW_QUESTION else OUTCOMES], {}
    found = writing.draft.part(part)
    if found is None:
        raise NotFound
    return KINDS[found[0]], found[1]


def _part_page(writing: Writing, part: str, form: ThingForm) -> str:
    _offer(writing, part, form)
    return render_template(
        "council/triage_part.html",
        writing=writing,
        part=part,
        form=form,
        has_errors=bool(form.errors),
        answers=form.rows.get("answers"),
        can_remove=part not in (ITSELF, NEW_QUESTION, NEW_OUTCOME),
    )


def _offer(writing: Writing, part: str, form: ThingForm) -> None:
    """The choices of what names others: services, sites, and the parts to which an answer may lead."""
    tree, catalogue = writing.draft.tree, writing.context.catalogue
    questions = [(one.slug, one.ask) for one in tree.questions.values() if one.slug != part]
    outcomes = [(one.slug, one.title) for one in tree.outcomes.values()]
    if "services" in form.main:
        form.main["services"].choices = [*names_apart(catalogue.services).items()]
    if "sites" in form.main:
        form.main["sites"].choices = [*names_apart(catalogue.sites).items()]
    if "first" in form.main:
        form.main["first"].choices = [("", _("The first that is written")), *questions]
    for row in form.rows.get("answers", ()):
        row["leads_to"].choices = [("", _("Not yet said")), *questions, *outcomes]


@blueprint.get(f"{TRIAGE_PATH}/try")
@requires(Action.MANAGE_SET_UP)
def try_triage(slug: str) -> ResponseReturnValue:
    """The triage as people go through it, question by question, in one of the council's languages. Nothing is kept."""
    with staff_context() as context:
        writing = _writing(context, slug)
        code = request.args.get("lang", "en")
        code = code if code in languages_of(context.authority) else "en"
        tree = tree_in(writing.draft.tree, code)
        numbers = small_numbers(request.args.get("answers", "").split("."), most=MOST_STEPS)
        given: dict[str, int] = {}
        for number in numbers:
            question = tree.follow(given).question
            if question is not None:
                given[question.slug] = number
        path = tree.follow(given)
        so_far = ".".join(str(step.question.answers.index(step.answer)) for step in path.steps)
        return render_template(
            "council/triage_try.html",
            writing=writing,
            tree=tree,
            path=path,
            so_far=so_far,
            code=code,
            codes=languages_of(context.authority),
        )
