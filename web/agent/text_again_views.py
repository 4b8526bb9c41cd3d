"""Texts again to somebody who acts for a resident, and who had asked for none."""

from __future__ import annotations

from flask import redirect, url_for
from flask.typing import ResponseReturnValue

from booking.queries.appointments import by_reference
from booking.use_cases.stop_texts import text_helper_again
from core.errors import NotFound
from people.staff.access_marks import requires
from people.staff.policy import Action
from web.agent.message_views import blueprint, messages_page
from web.agent.text_again_form import TextAgainForm
from web.page_context import staff_context


@blueprint.post("/staff/messages/<reference>/text-again")
@requires(Action.BOOK_FOR_RESIDENT)
def text_again(reference: str) -> ResponseReturnValue:
    """Take back that the number of whoever acts in this appointment gets no texts."""
    with staff_context() as context:
        appointment = by_reference(context.db, context.catalogue, reference)
        helper, form = appointment.representative, TextAgainForm()
        if helper is None or not context.serves(appointment.site.id):
            raise NotFound.because("nothing_here")
        if not form.validate_on_submit():
            return messages_page(context, appointment, form), 400
        whose = (context.runtime, context.authority.id, helper.id)
        text_helper_again(*whose, form.reason.data, actor=context.actor)
    return redirect(url_for("messages.account", reference=reference), code=303)
