"""The memorable word of somebody who rings: to ask for it, and to agree on one once it was checked who calls."""

from __future__ import annotations

from flask import Response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from booking.queries.word_holders import has_word
from booking.use_cases.memorable_word import check_caller_by_word, may_choose, remove_word, set_word
from core.errors import Invalid
from core.problems import field_texts
from people.staff.access_marks import requires
from people.staff.policy import Action
from web.agent import blueprint
from web.agent.resident_card import ResidentCard, resident_card
from web.agent.word_forms import CheckWordForm, NewWordForm, RemoveWordForm
from web.components.form_fields import Form
from web.page_context import StaffContext, staff_context
from web.request_language import current_language

PATH = "/residents/<int:resident_id>/word"


@blueprint.get(PATH)
@requires(Action.SEE_RESIDENT)
def memorable_word(resident_id: int) -> ResponseReturnValue:
    """Ask for the word, if there is one; once it was checked who calls, agree on another."""
    with staff_context() as context:
        return _page(context, resident_card(context, resident_id))


@blueprint.post(PATH)
@requires(Action.SEE_RESIDENT)
def check_memorable_word(resident_id: int) -> ResponseReturnValue:
    """Compare what the caller says; the right word counts as two facts."""
    with staff_context() as context:
        card, form = resident_card(context, resident_id), CheckWordForm()
        if not form.validate():
            return _page(context, card, form)
        try:
            key = context.call_with(resident_id)
            check_caller_by_word(context.runtime, key, form.word.data or "", actor=context.actor)
        except Invalid as error:
            return _refused(context, card, form, error)
    return redirect(url_for("agent.call", resident_id=resident_id), code=303)


@blueprint.post(f"{PATH}/new")
@requires(Action.BOOK_FOR_RESIDENT)
def set_memorable_word(resident_id: int) -> ResponseReturnValue:
    """Agree on a word; whoever was not checked cannot, since it would let them in the next time."""
    with staff_context() as context:
        card, form = resident_card(context, resident_id), NewWordForm()
        if not may_choose(context.db, context.call_with(resident_id)):
            return redirect(url_for("agent.memorable_word", resident_id=resident_id), code=303)
        if not form.validate():
            return _page(context, card, form)
        try:
            set_word(context.runtime, context.call_with(resident_id), form.new_word.data or "", actor=context.actor)
        except Invalid as error:
            return _refused(context, card, form, error)
    return redirect(url_for("agent.memorable_word", resident_id=resident_id, done="set"), code=303)


@blueprint.post(f"{PATH}/remove")
@requires(Action.BOOK_FOR_RESIDENT)
def remove_memorable_word(resident_id: int) -> ResponseReturnValue:
    """Forget the word, with a reason that is on record."""
    with staff_context() as context:
        card, form = resident_card(context, resident_id), RemoveWordForm()
        if not has_word(context.db, context.authority.id, resident_id):
            return redirect(url_for("agent.memorable_word", resident_id=resident_id), code=303)
        if not form.validate():
            return _page(context, card, form)
        remove_word(context.runtime, context.authority.id, resident_id, form.why.data or "", actor=context.actor)
    return redirect(url_for("agent.memorable_word", resident_id=resident_id, done="removed"), code=303)


def _refused(context: StaffContext, card: ResidentCard, form: Form, error: Invalid) -> Response:
    for name, texts in field_texts(error, current_language()).items():
        form.refuse(name, texts[0])
    return _page(context, card, form)


def _page(context: StaffContext, card: ResidentCard, form: Form | None = None) -> Response:
    html = render_template(
        "agent/word.html",
        authority=context.authority,
        card=card,
        has_word=has_word(context.db, context.authority.id, card.id),
        may_choose=may_choose(context.db, context.call_with(card.id)),
        form=form,
        check_form=form if isinstance(form, CheckWordForm) else CheckWordForm(formdata=None),
        remove_form=form if isinstance(form, RemoveWordForm) else RemoveWordForm(formdata=None),
        new_form=form if isinstance(form, NewWordForm) else NewWordForm(formdata=None),
        has_errors=form is not None,
        done=request.args.get("done", ""),
    )
    return Response(html, status=200 if form is None else 400, mimetype="text/html")
