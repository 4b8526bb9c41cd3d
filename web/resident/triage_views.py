"""A triage for residents: one question to a page, then what to do; and the way past it, to an appointment.

The answers are kept on the server for the visit, so that no address has them. Looking at a page changes nothing.
"""

# WTForms has no types, so that every class here has a base of unknown type.
# mypy: disable-error-code="misc"

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from flask import Response, redirect, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms.validators import DataRequired, InputRequired

from booking.searches.search_ends import LEFT_QUICKLY, PASSED_BY
from booking.triage.given_answers import LONGEST_REASON, Given
from core.errors import NotFound, RateLimited
from locations.model import ServiceFacts
from locations.triage.in_front import services_behind
from locations.triage.tree import Outcome, Path, Question, Tree
from people.staff.access_marks import public
from web.components.form_fields import Choice, Form, LongText
from web.page_context import PageContext, council_context
from web.resident.drafts import new_visit
from web.resident.ended_searches import count_outcome, services_in
from web.resident.page_rendering import show
from web.resident.search_state import LONGEST_TEXT, SearchState, read_search_state
from web.resident.triage_outcome import outcome_values
from web.resident.triage_search import held_time, held_time_to_book, search_on
from web.resident.triage_state import forget_given, given_here, keep_given
from web.resident.triage_urgent import ReachForm, note_answers, note_how_to_reach, note_left, number_given
from web.resident.urls import blueprint
from web.response_headers import allow_private_cache
from web.search_counting import count_search

LEAVE_FOR = "https://www.bbc.co.uk/weather"  # as GOV.UK's "Exit this page" leads to, read 2026-11-27


class ReasonForm(Form):
    """Why somebody asks for an appointment and not the questions, and for what."""

    service = Choice(_l("What is it about?"), choices=[], validators=[InputRequired(_l("Choose what it is about"))])
    reason = LongText(
        _l("Why do you ask for an appointment?"),
        description=_l("In a few words. Whoever sees you reads them"),
        longest=LONGEST_REASON,
        validators=[DataRequired(_l("Say in a few words why you ask for an appointment"))],
    )


@dataclass(frozen=True)
class TriagePage:
    """A triage for one visit, with what was answered so far."""

    context: PageContext
    tree: Tree
    visit: str
    given: Given
    search: SearchState

    @property
    def path(self) -> Path:
        """How far the answers lead."""
        return self.given.path_in(self.tree)

    def url(self, name: str) -> str:
        """The address of a page of this triage and visit, with the search that led here."""
        query = self.search.query(visit="")
        return f"{self.context.base}/triage/{self.tree.slug}/{self.visit}/{name}{'?' if query else ''}{query}"

    def next_url(self, path: Path) -> str:
        """Where the answers lead on: to the next question, or to what to do."""
        return self.url(f"questions/{path.question.slug}" if path.question else "outcome")

    def back_from(self, slug: str) -> str:
        """The page before the question of this slug, or before the outcome; its answer is still chosen there.

        Before the first question it is the page of the service that was chosen, or the first one.
        """
        before = [step.question.slug for step in self.path.steps]
        before = before[: before.index(slug)] if slug in before else before
        if before:
            return self.url(f"questions/{before[-1]}")
        public = {one.slug for one in self.context.catalogue.public_services()}
        chosen = next((one for one in self.search.services if one in public), "")
        service = f"services/{chosen}?visit={self.visit}" if chosen else ""
        return f"{self.context.base}/{service}"

    def show(self, template: str, status: int = 200, **values: object) -> Response:
        """A page that nobody keeps: what somebody answered is nobody else's."""
        values |= {"leave": self.url("leave") if self.tree.may_mean_danger else ""}
        html = show(template, self.context, triage=self.tree, triage_page=self, **values)
        response = Response(html, status=status)
        response.headers["Cache-Control"] = "no-store"
        return response


def _page(context: PageContext, slug: str, visit: str) -> TriagePage:
    tree = _tree(context, slug)
    if not (visit.isascii() and visit.isalnum() and len(visit) <= LONGEST_TEXT):
        raise NotFound
    search = replace(read_search_state(request.args.to_dict(flat=False)), visit=visit)
    return TriagePage(context, tree, visit, given_here(context, tree, visit), search)


def _tree(context: PageContext, slug: str) -> Tree:
    """The triage of this slug. Raises: NotFound."""
    for tree in context.authority.triages:
        if tree.slug == slug:
            return tree
    raise NotFound


@blueprint.get("/<authority:authority>/triage/<slug>")
@public
def triage(authority: str, slug: str) -> ResponseReturnValue:
    """The first question, for the visit that the address names or a new one."""
    with council_context(authority) as context:
        visit = read_search_state(request.args.to_dict(flat=False)).visit or new_visit()
        page = _page(context, slug, visit)
        goes_on = page.path.is_urgent or page.given.has_changed
        return redirect(page.next_url(page.path if goes_on else page.tree.follow({})), code=303)


@blueprint.get("/<authority:authority>/triage/<slug>/rules")
@public
def triage_rules(authority: str, slug: str) -> ResponseReturnValue:
    """What the answers can lead to, and when: for everybody to read."""
    with council_context(authority) as context:
        tree = _tree(context, slug)
        page = show("triage_rules", context, triage=tree, back=f"{context.base}/triage/{slug}")
        return allow_private_cache(Response(page))


@blueprint.route("/<authority:authority>/triage/<slug>/<visit>/questions/<question>", methods=["GET", "POST"])
@public
def triage_question(authority: str, slug: str, visit: str, question: str) -> ResponseReturnValue:
    """One question, with the answer that was given before; sent, it leads on."""
    with council_context(authority) as context:
        page = _page(context, slug, visit)
        if question not in _asked(page):
            return redirect(page.next_url(page.path), code=303)
        asked = page.tree.questions[question]
        form = _question_form(asked, page.given.numbers)
        has_changed = request.method == "POST" and request.form.get("seen") != str(page.tree.version)
        if not has_changed and form.validate_on_submit():
            given = page.given.with_answer(page.tree, asked, int(form.answer.data))
            keep_given(context, visit, replace(given, reason=""))
            note_answers(context, page.tree, page.given, given, visit)
            count_outcome(context, page.search, page.tree, page.path, given.path_in(page.tree))
            return redirect(page.next_url(given.path_in(page.tree)), code=303)
        held = None if page.path.is_urgent else held_time(context, visit)
        values: dict[str, Any] = {"question": asked, "form": form, "has_changed": has_changed, "held": held}
        return page.show("triage_question", 409 if has_changed else 200, back=page.back_from(question), **values)


def _asked(page: TriagePage) -> tuple[str, ...]:
    """The questions on the way: those that are answered, and the next one."""
    path = page.path
    return (*(step.question.slug for step in path.steps), *([path.question.slug] if path.question else []))


def _question_form(asked: Question, numbers: Mapping[str, int]) -> Any:
    choices = [(str(number), one.answer) for number, one in enumerate(asked.answers)]
    answer = Choice(
        asked.ask, description=asked.help, choices=choices, validators=[InputRequired(_l("Choose an answer"))]
    )
    known = numbers.get(asked.slug)
    return type("TriageForm", (Form,), {"answer": answer})(data={"answer": None if known is None else str(known)})


@blueprint.get("/<authority:authority>/triage/<slug>/<visit>/outcome")
@public
def triage_outcome(authority: str, slug: str, visit: str) -> ResponseReturnValue:
    """What to do, by the answers; the next question where they do not lead that far."""
    with council_context(authority) as context:
        page = _page(context, slug, visit)
        path = page.path
        if path.outcome is None:
            return redirect(page.next_url(path), code=303)
        return _show_outcome(page, path.outcome, ReachForm(formdata=None))


def _show_outcome(page: TriagePage, outcome: Outcome, form: ReachForm, status: int = 200) -> Response:
    """The page of the outcome to which the answers lead; where it is urgent with a form for a number, if one is wished."""
    path = page.path
    values = outcome_values(page.context, page.tree, outcome, page.search)
    values |= {"is_urgent": path.is_urgent, "held": held_time_to_book(page.context, page.visit), "form": form}
    values |= {"number": number_given(page.context, page.tree, page.visit) if path.is_urgent else None}
    return page.show("triage_outcome", status, path=path, outcome=outcome, back=page.back_from(""), **values)


@blueprint.post("/<authority:authority>/triage/<slug>/<visit>/reach")
@public
def triage_reach(authority: str, slug: str, visit: str) -> ResponseReturnValue:
    """A number on which somebody wants to be rung who cannot wait; nobody must give one."""
    with council_context(authority) as context:
        page, form = _page(context, slug, visit), ReachForm()
        if page.path.outcome is None or not page.path.is_urgent:
            return redirect(page.next_url(page.path), code=303)
        if not form.validate_on_submit():
            return _show_outcome(page, page.path.outcome, form, 422)
        try:
            note_how_to_reach(context, page.tree, page.given, visit, form)
        except RateLimited:
            form.phone.errors = [
                _("Too many people ask from this connection at this moment. Ring the number above now.")
            ]
            return _show_outcome(page, page.path.outcome, form, 429)
        return redirect(page.url("outcome") + "#reach", code=303)


@blueprint.route("/<authority:authority>/triage/<slug>/<visit>/appointment", methods=["GET", "POST"])
@public
def triage_pass(authority: str, slug: str, visit: str) -> ResponseReturnValue:
    """The way past the questions: what it is about and why, and then the times.

    Whoever has answered that it cannot wait is led to what helps today, and not to a time that is free some day.
    """
    with council_context(authority) as context:
        page = _page(context, slug, visit)
        if page.path.is_urgent:
            return redirect(page.next_url(page.path), code=303)
        services = [one for one in services_behind(context.catalogue, page.tree) if one.bookable_online]
        form = _reason_form(services, page.given.reason, page.search)
        if services and form.validate_on_submit():
            keep_given(context, visit, replace(page.given, reason=form.reason.data))
            count_search(context, services_in(context, page.search, page.tree), PASSED_BY, site=page.search.site)
            chosen = services[0].slug if len(services) == 1 else form.service.data
            return redirect(_way_past(page, next(one for one in services if one.slug == chosen)), code=303)
        values: dict[str, Any] = {"services": services, "urgent": page.tree.urgent_help}
        return page.show("triage_pass", form=form, back=page.next_url(page.path), **values)


def _way_past(page: TriagePage, chosen: ServiceFacts) -> str:
    """Where the search for a service goes on without the questions: to the time that is held for it, if one is."""
    search = search_on(page.context.catalogue, page.search, page.tree, (chosen,)).search
    held = held_time_to_book(page.context, page.visit)
    return held.page if held else f"{page.context.base}/needs?{search.query()}"


def _reason_form(services: list[ServiceFacts], reason: str, search: SearchState) -> ReasonForm:
    searched = next((one.slug for one in services if one.slug in search.services), None)
    form = ReasonForm(data={"reason": reason, "service": searched})
    form.service.choices = [(one.slug, one.name) for one in services]
    if len(services) == 1:
        del form.service
    return form


@blueprint.get("/<authority:authority>/triage/<slug>/<visit>/leave")
@public
def triage_leave(authority: str, slug: str, visit: str) -> ResponseReturnValue:
    """Away to another site at once; nothing of the answers is left here."""
    with council_context(authority) as context:
        page = _page(context, slug, visit)
        note_left(context, page.tree, visit)
        count_search(context, services_in(context, page.search, page.tree), LEFT_QUICKLY, once=visit)
        forget_given(context, visit)
        response = redirect(LEAVE_FOR, code=303)
        response.headers["Cache-Control"] = "no-store"
        return response
