"""An appointment that this browser may see and change, because its link was opened here lately."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace

from flask import Response, abort, redirect, request
from flask import session as flask_session
from flask.typing import ResponseReturnValue

from booking.queries import appointments
from booking.queries.appointments import AppointmentView, can_change
from booking.states import State, has_link_ended
from core.errors import IllegalMove
from core.idempotency import IdempotencyKey
from web.page_context import PageContext, council_context
from web.resident import drafts
from web.resident.page_rendering import show


@dataclass(frozen=True)
class Own:
    """An appointment that this browser may see and change."""

    context: PageContext
    view: AppointmentView
    at: str

    def show(self, template: str, **values: object) -> str:
        """The page of `template` for this appointment; it says so when the form that was sent is for an older state."""
        values.setdefault("has_changed", request.method == "POST" and self.seen != self.view.stamp)
        may_change = can_change(self.view, self.context.now)
        return show(template, self.context, view=self.view, at=self.at, may_change=may_change, **values)

    def to(self, said: str = "") -> ResponseReturnValue:
        """Back to the appointment, saying what was done."""
        return redirect(f"{self.at}{f'?said={said}' if said else ''}", code=303)

    def stale(self, template: str, **values: object) -> ResponseReturnValue:
        """The page of `template` with the appointment as it is now, saying that it has changed and nothing was written."""
        with self.context.runtime.database.reading() as fresh:
            view = appointments.by_reference(fresh, self.context.catalogue, self.view.reference)
        now = replace(self, view=view)
        return Response(now.show(template, has_changed=True, **values), status=409)

    def settled(self) -> ResponseReturnValue | None:
        """The page saying that nothing can be changed any more, for one that is cancelled, over or under way."""
        if self.view.state is State.BOOKED:
            return None
        return Response(self.show("move_refused", code=IllegalMove.code, back=self.at), status=409)

    @property
    def seen(self) -> str:
        """The stamp of the appointment on the page whose form was sent."""
        return request.form.get("seen", "")

    def key(self, operation: str) -> IdempotencyKey | None:
        """The key of the form that was sent."""
        return self.context.form_key(self.view.reference, operation)


@contextmanager
def own(authority: str, reference: str) -> Iterator[Own]:
    """The appointment, if this browser opened its link lately and that link still works.

    Whether it exists or not, else the same page; once the appointment is over, a page that says so and names nobody.
    """
    with council_context(authority) as context:
        mark = drafts.mark_of(flask_session, reference, context.now)
        if not mark:
            abort(Response(show("link_expired", context), status=404))
        view = appointments.by_reference(context.db, context.catalogue, reference)
        if mark != view.link_mark:
            abort(Response(show("link_expired", context), status=404))
        if has_link_ended(view.ends_at, context.now):
            abort(ended(context))
        drafts.open_appointment(flask_session, reference, mark, context.now)
        yield Own(context, view, f"{context.base}/appointment/{view.reference}")


def ended(context: PageContext) -> Response:
    """The page for a link that is over with its appointment."""
    return Response(show("appointment_over", context), status=410)
