"""A triage in a call: one question after the other, by single keys, with the words to say, and then what to do."""

from __future__ import annotations

from dataclasses import dataclass

from flask import Response, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from booking.searches import search_ends
from booking.triage.call_answers import PASSED_BY, field_of, given_in_call, text_of, was_answered_before
from booking.triage.given_answers import words_of
from booking.use_cases.calls import keep_typed, open_call, settle_call
from booking.use_cases.first_contact import record_approach
from core.errors import NotFound
from core.text import printable, small_numbers
from locations.model import ServiceFacts, SiteFacts
from locations.triage.in_front import triage_before
from locations.triage.tree import BOOK, COME_TODAY, Path, Tree
from people.residents.approach import Approach
from people.residents.contact_notes import LONGEST_NOTE
from people.staff.access_marks import requires
from people.staff.policy import Action
from web.agent import blueprint
from web.agent.call_request import ANSWER, LONGEST_ANSWER, MOST_SERVICES, CallState, read_state, read_typed
from web.agent.call_views import to_call, to_triage
from web.agent.resident_card import ResidentCard, resident_card
from web.agent.resident_page import ResidentPage
from web.agent.urgent_in_call import note_answers, note_done
from web.page_context import StaffContext, staff_context
from web.search_counting import count_search

SAID = f"{ANSWER}said"  # the field for what they said
SAID_LABEL = "In their words:"  # stands for the question, among the words that are kept


@dataclass(frozen=True, kw_only=True)
class TriageInCall(ResidentPage):
    """A triage for a caller, as far as the answers lead."""

    tree: Tree
    path: Path
    has_changed: bool = False

    @property
    def title(self) -> str:
        """The question, or what to do."""
        if self.path.outcome:
            return self.path.outcome.title
        return self.path.question.ask if self.path.question else self.tree.name

    @property
    def leads_to_times(self) -> bool:
        """Whether a time is booked next."""
        return self.path.outcome is not None and self.path.outcome.kind in (BOOK, COME_TODAY)

    @property
    def sites(self) -> tuple[SiteFacts, ...]:
        """The places to which the outcome sends somebody."""
        named = self.path.outcome.sites if self.path.outcome else ()
        return tuple(site for site in self.context.catalogue.sites if site.slug in named)

    @property
    def left_out(self) -> tuple[ServiceFacts, ...]:
        """What was selected before and is not booked with what the answers lead to."""
        on = _services_on(self.context, self.tree, self.path, self.state)
        beside = _services_beside(self.context, self.tree, self.path, self.state)
        return tuple(one for one in beside if one.slug not in on)

    @property
    def said(self) -> str:
        """What they said, as far as it was typed."""
        return self.typed.answers.get(SAID.removeprefix(ANSWER), "")

    @property
    def answer_address(self) -> str:
        """Where an answer goes."""
        return self.address("answer_triage", self.state.query, slug=self.tree.slug)

    @property
    def pass_address(self) -> str:
        """Where the form goes on without the questions."""
        return self.address("pass_triage", self.state.query, slug=self.tree.slug)

    @property
    def done_address(self) -> str:
        """Where the form goes when all is answered."""
        return self.address("finish_triage", self.state.query, slug=self.tree.slug)


def _tree(context: StaffContext, slug: str) -> Tree:
    """The triage of this slug. Raises: NotFound."""
    for tree in context.authority.triages:
        if tree.slug == slug:
            return tree
    raise NotFound


def _services_beside(context: StaffContext, tree: Tree, path: Path, state: CallState) -> tuple[ServiceFacts, ...]:
    """The services that were selected before and that the triage is not about."""
    named = path.outcome.services if path.outcome else ()
    selected = [one for one in context.catalogue.services if one.slug in state.services and one.slug not in named]
    return tuple(one for one in selected if triage_before(context.catalogue, (one,)) is not tree)


def _services_on(context: StaffContext, tree: Tree, path: Path, state: CallState) -> tuple[str, ...]:
    """The services with which the call goes on: those to which the answers lead, and what was selected beside them.

    Whoever comes today comes for that alone.
    """
    if path.outcome is None or path.outcome.kind not in (BOOK, COME_TODAY):
        return ()
    if path.outcome.kind == COME_TODAY:
        return path.outcome.services
    beside = _services_beside(context, tree, path, state)
    return (*path.outcome.services, *(one.slug for one in beside))[:MOST_SERVICES]


@blueprint.get("/residents/<int:resident_id>/triage/<slug>")
@requires(Action.SEE_RESIDENT)
def triage(resident_id: int, slug: str) -> ResponseReturnValue:
    """The question that is next, or what to do."""
    with staff_context() as context:
        tree, card = _tree(context, slug), resident_card(context, resident_id)
        return _show(context, tree, card)


def _show(context: StaffContext, tree: Tree, card: ResidentCard, status: int = 200) -> Response:
    """The page of the triage as far as the answers lead; 409 says that it has changed, and that nothing was kept."""
    now_open = open_call(context.runtime, context.call_with(card.id))
    page = TriageInCall(
        context=context,
        card=card,
        state=read_state(request.args),
        typed=read_typed(now_open.typed),
        check_result=now_open.check_result,
        tree=tree,
        path=given_in_call(tree, now_open.typed).path_in(tree),
        has_changed=status == 409 or was_answered_before(tree, now_open.typed),
    )
    html = render_template("agent/triage.html", authority=context.authority, page=page)
    return Response(html, status=status, mimetype="text/html")


@blueprint.post("/residents/<int:resident_id>/triage/<slug>/answer")
@requires(Action.SEE_RESIDENT)
def answer_triage(resident_id: int, slug: str) -> ResponseReturnValue:
    """Keep an answer, "2.0" for the first one to the third question, in place of all after it; sent twice, it is one answer.

    "2" alone has the third question asked again.
    """
    with staff_context() as context:
        tree, key = _tree(context, slug), context.call_with(resident_id)
        if request.form.get("seen") != str(tree.version):
            return _show(context, tree, resident_card(context, resident_id), 409)
        path = given_in_call(tree, open_call(context.runtime, key).typed).path_in(tree)
        asked, *answered = small_numbers(request.form.get("answer", "").split("."), most=2) or (len(path.steps),)
        numbers = [one.question.answers.index(one.answer) for one in path.steps][:asked]
        if len(numbers) == asked:
            numbers += answered
        keep_typed(context.runtime, key, {field_of(tree): text_of(tree, numbers), SAID: _said()})
        note_answers(context, tree, path, resident_id)
    return to_triage(resident_id, slug, read_state(request.args))


@blueprint.post("/residents/<int:resident_id>/triage/<slug>/pass")
@requires(Action.SEE_RESIDENT)
def pass_triage(resident_id: int, slug: str) -> ResponseReturnValue:
    """Go on without the questions in this call; not where an answer is urgent, which is kept."""
    state = read_state(request.args)
    with staff_context() as context:
        tree, key = _tree(context, slug), context.call_with(resident_id)
        if given_in_call(tree, open_call(context.runtime, key).typed).path_in(tree).is_urgent:
            return to_triage(resident_id, slug, state)
        keep_typed(context.runtime, key, {field_of(tree): PASSED_BY})
        count_search(context, state.services or tree.services, search_ends.PASSED_BY, channel=context.channel)
        services = tuple(one.slug for one in context.catalogue.services if one.slug in tree.services)
    if not state.services and len(services) == 1:
        state = state.but(services=services)
    return to_call(resident_id, state.query)


@blueprint.post("/residents/<int:resident_id>/triage/<slug>/done")
@requires(Action.SEE_RESIDENT)
def finish_triage(resident_id: int, slug: str) -> ResponseReturnValue:
    """Write the answers and what came of them as a note, for whoever answers next; then on to the times, if any."""
    state = read_state(request.args)
    with staff_context() as context:
        tree, key = _tree(context, slug), context.call_with(resident_id)
        path = given_in_call(tree, open_call(context.runtime, key).typed).path_in(tree)
        if path.outcome is None:
            return to_triage(resident_id, slug, state)
        said, typed = _said(), read_typed(open_call(context.runtime, key).typed)
        text = _note_of(path, said)
        note_done(context, tree, path, resident_id, said)
        if path.outcome.kind != BOOK:
            count_search(context, state.services or tree.services, path.outcome.kind, channel=context.channel)
        if path.is_about_homelessness:
            words, helper = words_of(path.words | ({SAID_LABEL: said} if said else {})), typed.rep_name
            approach = Approach(context.now, context.channel, words, asked_by=helper)
            record_approach(context.runtime, context.authority.id, resident_id, approach, actor=context.actor)
        form_key = context.form_key("triage", (resident_id, text))
        settle_call(
            context.runtime, key, text, channel=context.channel, actor=context.actor, used=(SAID,), idempotency=form_key
        )
        services = _services_on(context, tree, path, state)
    is_same = set(services) == set(state.services)
    state = state.but(services=services) if is_same else state.but(services=services, numbers=())
    return to_call(resident_id, state.query)


def _said() -> str:
    """What they said, in their words, as the form has it."""
    return " ".join(printable(request.form.get(SAID, "")).split())[:LONGEST_ANSWER]


def _note_of(path: Path, said: str) -> str:
    """The answers in lines, what they said, and what came of them."""
    lines = [f"{question} {answer}" for question, answer in path.words.items()]
    lines += [str(_("In their words: %(words)s", words=said))] if said else []
    result = path.outcome.title if path.outcome else ""
    return "\n".join([*lines, str(_("So: %(outcome)s", outcome=result))])[:LONGEST_NOTE]
