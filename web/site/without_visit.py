"""Whether a visit may not be needed since all papers are accepted: what is still to accept, and who would be told."""

from __future__ import annotations

from dataclasses import dataclass

from booking.documents.accepted_papers import papers_not_accepted
from booking.documents.document_queries import DocumentsOfVisit
from booking.queries.appointments import AppointmentView
from booking.states import State
from booking.use_cases.end_without_visit import seen_of
from people.staff.policy import Action
from reminders.expected_queries import expected_of_change
from web.page_context import SiteContext
from web.told import ToldLine, told_lines


@dataclass(frozen=True)
class WithoutVisit:
    """What is `lacking` before a visit is not needed; where that is nothing, who is told when it is cancelled."""

    lacking: tuple[str, ...]
    stamp: str
    told: tuple[ToldLine, ...] = ()


def without_visit(context: SiteContext, view: AppointmentView | None, found: DocumentsOfVisit) -> WithoutVisit | None:
    """That of an appointment that is still to come; None where the visit is needed, or who looks may not cancel it."""
    if view is None or not context.may(Action.END_WITHOUT_VISIT):
        return None
    if view.state is not State.BOOKED or view.starts_at <= context.now:
        return None
    sent = [file for file in found.files if file.is_sent]
    lacking = papers_not_accepted(view.services, view.paper_answers, view.local_date, sent, seen_of(found))
    if lacking is None:
        return None
    if lacking:
        return WithoutVisit(lacking, view.stamp)
    expected = expected_of_change(context.db, context.authority, view.id, "cancelled", context.now)
    return WithoutVisit((), view.stamp, told_lines(expected))
