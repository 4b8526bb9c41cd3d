"""An appointment that this browser may see and change, because its link was opened here lately."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace

from flask import Response, abort, redirect, render_template, request
from flask.typing import ResponseReturnValue

from booking.queries import appointments
from booking.queries.advisers import own_adviser_of_visit
from booking.queries.appointments import AppointmentView
from booking.queries.own_changes import can_change
from booking.ratings.rating_repository import open_question_of
from booking.states import CANCELLED, Contact, State, has_link_ended
from booking.visits.visit_queries import words_after
from booking.visits.visit_words import NO_WORDS, VisitWords
from core.errors import IllegalMove
from core.idempotency import IdempotencyKey
from core.origin import origin_of
from core.rate_limits import SlowingLimit, check_slowing_limit
from core.tokens import short_rating_token
from locations.catalogue_queries import catalogue_by_id
from locations.model import AuthorityFacts
from reminders.both_languages import documents_in, done_in
from web.call_lines import unanswered_news
from web.page_context import PageContext, council_context
from web.paper_lines import PapersOnPage, papers_on_page
from web.request_language import only_in_english
from web.resident import drafts
from web.resident.opened_links import link_mark_of
from web.resident.page_end import is_page_over
from web.resident.page_rendering import show
from web.resident.refusals import CHANGE_REFUSALS

# Each change is told by a message or two, to whatever address was given.
CHANGES_OF_ONE = SlowingLimit("10/day", beyond="1/hour")
CHANGES_OF_ORIGIN = SlowingLimit("40/day", beyond="1/10 minutes")


@dataclass(frozen=True)
class AppointmentPage:
    """An appointment that this browser may see and change; `url` is the address of its page."""

    context: PageContext
    view: AppointmentView
    url: str

    @property
    def is_booked(self) -> bool:
        """Whether it is booked, and its time is not over."""
        return self.view.state is State.BOOKED and not self.is_over

    @property
    def is_over(self) -> bool:
        """Whether its time is over, cancelled or not."""
        return self.view.ends_at <= self.context.now

    @property
    def has_begun(self) -> bool:
        """Whether its time has come."""
        return self.view.starts_at <= self.context.now

    @property
    def may_wait(self) -> bool:
        """Whether an earlier day is left, for which somebody could wait."""
        return self.is_booked and self.view.local_date > self.context.today

    @property
    def own_adviser(self) -> str:
        """The name of their own adviser, where the appointment is with that one."""
        name = own_adviser_of_visit(self.context.db, self.context.catalogue, self.view, self.context.today)
        return only_in_english(name)

    @property
    def papers(self) -> PapersOnPage | None:
        """What to bring by rules that count and date, if anything is."""
        return papers_on_page(self.view.services, self.view.paper_answers, self.view.local_date)

    @property
    def contact(self) -> Contact:
        """How the resident is reached about it."""
        resident = self.view.resident
        return Contact(
            *(resident.email, resident.phone, resident.contact_preference, resident.leave_no_message),
            postal=resident.known_postal,
        )

    @property
    def missing_before(self) -> tuple[str, ...]:
        """What was missing when they came before, in the language of the page."""
        names = self.view.missing_before
        if not names:
            return ()
        known = {one.id: one for one in catalogue_by_id(self.context.db, self.context.authority.id).services}
        return documents_in(names, [known[one.id] for one in self.view.services], self.view.services)

    @property
    def after(self) -> VisitWords:
        """What was done and what happens next, in the language of the page as far as the council has it."""
        if self.view.state not in (State.ATTENDED, State.NOT_COMPLETED):
            return NO_WORDS
        said = words_after(self.context.db, self.view.id)
        known = {one.id: one for one in catalogue_by_id(self.context.db, self.context.authority.id).services}
        english = [known[one.id] for one in self.view.services]
        return replace(said, done=done_in(said.done, english, self.view.services))

    @property
    def rating_url(self) -> str:
        """Where they say how it was, if they were asked and have not answered."""
        is_over = self.view.state in (State.ATTENDED, State.NOT_COMPLETED)
        asked = open_question_of(self.context.db, self.view.id, self.context.now) if is_over else None
        return f"/r/{short_rating_token(self.context.runtime.settings.secret_key, *asked)}" if asked else ""

    @property
    def seen(self) -> str:
        """The stamp of the appointment on the page whose form was sent."""
        return request.form.get("seen", "")

    def show(self, template: str, **values: object) -> str:
        """The HTML of `template`, with a banner when the form that was sent belongs to an older state of the appointment."""
        if "has_changed" not in values:
            values["has_changed"] = request.method == "POST" and self.seen != self.view.stamp
        may_change = can_change(self.view, self.context.now)
        common: dict[str, object] = {
            "is_booked": self.is_booked,
            "is_over": self.is_over,
            "has_begun": self.has_begun,
            "is_cancelled": self.view.state in CANCELLED,
            "missing_before": self.missing_before,
            "after": self.after,
            "rating_url": self.rating_url,
            "unanswered": unanswered_news(self.view) if self.is_booked else "",
            "may_change": may_change,
            "may_wait": self.may_wait,
            "may_move": may_change and all(service.bookable_online for service in self.view.services),
        }
        return show(template, self.context, view=self.view, url=self.url, **common, **values)

    def show_stale(self, template: str, **values: object) -> ResponseReturnValue:
        """The page of `template` with the current appointment and a banner: it has changed, and nothing was written."""
        with self.context.runtime.database.reading() as db:
            view = appointments.by_reference(db, self.context.catalogue, self.view.reference)
        return Response(replace(self, view=view).show(template, has_changed=True, **values), status=409)

    def show_refusal(self, code: str) -> ResponseReturnValue:
        """The page that says why the appointment was not changed; `code` is that of the error."""
        return Response(self.show("move_refused", refusal=CHANGE_REFUSALS[code], back=self.url), status=409)

    def refuse_unless_booked(self) -> ResponseReturnValue | None:
        """The page that refuses a change, or None for an appointment that is booked and has not begun."""
        return None if self.is_booked and not self.has_begun else self.show_refusal(IllegalMove.code)

    def redirect(self, message: str) -> ResponseReturnValue:
        """Back to the appointment's page with a banner; `message` is one of `manage_views.MESSAGES`."""
        return redirect(f"{self.url}?said={message}", code=303)

    def count_change(self) -> None:
        """Count a change that writes to people: nobody has proved that the addresses are theirs. Raises: RateLimited."""
        check_slowing_limit(self.context.runtime, CHANGES_OF_ONE, "change", str(self.view.id))
        check_slowing_limit(self.context.runtime, CHANGES_OF_ORIGIN, "changes", origin_of(request.remote_addr))

    def form_key(self, operation: str) -> IdempotencyKey | None:
        """The idempotency key of the form that was sent."""
        return self.context.form_key(self.view.reference, operation)


@contextmanager
def open_appointment_context(authority: str, reference: str, *, to_read: bool = False) -> Iterator[AppointmentPage]:
    """The appointment, if this browser opened its link lately and that link still works.

    What is said or noted after the visit can be read longer than anything can be done (`to_read`).
    Whether it exists or not, else the same page; once the appointment is over, a page that says so and names nobody.
    """
    with council_context(authority) as context:
        link_mark = link_mark_of(context, reference)
        if not link_mark:
            abort(Response(show("link_expired", context), status=404))
        view = appointments.by_reference(context.db, context.catalogue, reference)
        if link_mark != view.link_mark:
            abort(Response(show("link_expired", context), status=404))
        is_over = is_page_over(context.db, view, context.now) if to_read else has_link_ended(view.ends_at, context.now)
        if is_over:
            abort(appointment_over(context))
        drafts.open_appointment(context, reference, link_mark)
        yield AppointmentPage(context, view, f"{context.base}/appointment/{view.reference}")


def link_unknown(councils: Sequence[AuthorityFacts]) -> Response:
    """The page for a link that no appointment has: mistyped, cut off by a mail program, or replaced by a newer one."""
    authority = councils[0] if len(councils) == 1 else None
    page = render_template("resident/link_unknown.html", authority=authority, councils=councils)
    return Response(page, status=404)


def appointment_over(context: PageContext) -> Response:
    """The page for a link whose appointment is over."""
    return Response(show("appointment_over", context), status=410)
