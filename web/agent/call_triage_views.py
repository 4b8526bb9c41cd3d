"""A triage in a call: one question after the other, by single keys, with the words to say, and then what to do."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlencode

from flask import Response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from booking.triage.call_answers import PASSED_BY, field_of, given_in_call, text_of
from booking.use_cases.calls import keep_typed, open_call, settle_call
from core.errors import NotFound
from core.text import small_numbers
from locations.model import SiteFacts
from locations.triage.tree import BOOK, COME_TODAY, Path, Tree
from people.residents.contact_notes import LONGEST_NOTE
from people.staff.access_marks import requires
from people.staff.policy import Action
from web.agent import blueprint
from web.agent.call_request import read_typed
from web.agent.resident_card import resident_card
from web.agent.resident_page import ResidentPage
from web.page_context import StaffContext, staff_context


@dataclass(frozen=True, kw_only=True)
class TriageInCall(ResidentPage):
    """A triage for a caller, as far as the answers lead."""

    tree: Tree
    path: Path
    sites: tuple[SiteFacts, ...] = ()

    @property
    def title(self) -> str:
        """The question, or what to do."""
        if self.path.outcome:
            return self.path.outcome.title
        return self.path.question.ask if self.path.question else self.tree.name

    @property
    def leads_to_times(self) -> bool:
        """Whether a time is booked next."""
        return self.path.outcome is not None and bool(_next_query(self.path))

    @property
    def answer_address(self) -> str:
        """Where an answer goes."""
        return self.address("answer_triage", slug=self.tree.slug)

    @property
    def done_address(self) -> str:
        """Where the form goes when all is answered."""
        return self.address("finish_triage", slug=self.tree.slug)


def _tree(context: StaffContext, slug: str) -> Tree:
    """The triage of this slug. Raises: NotFound."""
    for tree in context.authority.triages:
        if tree.slug == slug:
            return tree
    raise NotFound


def _next_query(path: Path) -> str:
    """The query of the call in which the outcome is booked; empty where nothing is."""
    outcome = path.outcome
    if outcome is None or outcome.kind not in (BOOK, COME_TODAY):
        return ""
    return urlencode([("service", slug) for slug in outcome.services])


@blueprint.get("/residents/<int:resident_id>/triage/<slug>")
@requires(Action.SEE_RESIDENT)
def triage(resident_id: int, slug: str) -> ResponseReturnValue:
    """The question that is next, or what to do."""
    with staff_context() as context:
        tree, card = _tree(context, slug), resident_card(context, resident_id)
        now_open = open_call(context.runtime, context.call_with(resident_id))
        path = given_in_call(tree, now_open.typed).path_in(tree)
        named = path.outcome.sites if path.outcome else ()
        page = TriageInCall(
            context=context,
            card=card,
            typed=read_typed(now_open.typed),
            check_result=now_open.check_result,
            tree=tree,
            path=path,
            sites=tuple(site for site in context.catalogue.sites if site.slug in named),
        )
        html = render_template("agent/triage.html", authority=context.authority, page=page)
        return Response(html, mimetype="text/html")


@blueprint.post("/residents/<int:resident_id>/triage/<slug>/answer")
@requires(Action.SEE_RESIDENT)
def answer_triage(resident_id: int, slug: str) -> ResponseReturnValue:
    """Keep an answer, "2.0" for the first one to the third question, in place of all after it; sent twice, it is one answer.

    "2" alone has the third question asked again.
    """
    with staff_context() as context:
        tree, key = _tree(context, slug), context.call_with(resident_id)
        path = given_in_call(tree, open_call(context.runtime, key).typed).path_in(tree)
        asked, *answered = small_numbers(request.form.get("answer", "").split("."), most=2) or (len(path.steps),)
        numbers = [one.question.answers.index(one.answer) for one in path.steps][:asked]
        if len(numbers) == asked:
            numbers += answered
        keep_typed(context.runtime, key, {field_of(tree): text_of(tree, numbers)})
    return redirect(url_for("agent.triage", resident_id=resident_id, slug=slug), code=303)


@blueprint.post("/residents/<int:resident_id>/triage/<slug>/pass")
@requires(Action.SEE_RESIDENT)
def pass_triage(resident_id: int, slug: str) -> ResponseReturnValue:
    """Go on without the questions in this call; not where an answer is urgent, which is kept."""
    with staff_context() as context:
        tree, key = _tree(context, slug), context.call_with(resident_id)
        if given_in_call(tree, open_call(context.runtime, key).typed).path_in(tree).is_urgent:
            return redirect(url_for("agent.triage", resident_id=resident_id, slug=slug), code=303)
        keep_typed(context.runtime, key, {field_of(tree): PASSED_BY})
        services = [one.slug for one in context.catalogue.services if one.slug in tree.services]
    query = urlencode({"service": services[0]}) if len(services) == 1 else ""
    return redirect(f"{url_for('agent.call', resident_id=resident_id)}?{query}", code=303)


@blueprint.post("/residents/<int:resident_id>/triage/<slug>/done")
@requires(Action.SEE_RESIDENT)
def finish_triage(resident_id: int, slug: str) -> ResponseReturnValue:
    """Write the answers and what came of them as a note, for whoever answers next; then on to the times, if any."""
    with staff_context() as context:
        tree, key = _tree(context, slug), context.call_with(resident_id)
        path = given_in_call(tree, open_call(context.runtime, key).typed).path_in(tree)
        if path.outcome is None:
            return redirect(url_for("agent.triage", resident_id=resident_id, slug=slug), code=303)
        text = _note_of(path)
        form_key = context.form_key("triage", (resident_id, text))
        settle_call(
            context.runtime, key, text, channel=context.channel, actor=context.actor, used=(), idempotency=form_key
        )
    return redirect(f"{url_for('agent.call', resident_id=resident_id)}?{_next_query(path)}", code=303)


def _note_of(path: Path) -> str:
    """The answers in lines, and what came of them."""
    lines = [f"{question} {answer}" for question, answer in path.words.items()]
    result = path.outcome.title if path.outcome else ""
    return "\n".join([*lines, str(_("So: %(outcome)s", outcome=result))])[:LONGEST_NOTE]
