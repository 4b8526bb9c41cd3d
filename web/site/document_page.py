"""The page of the documents of one visit: whose they are, and what was seen, kept and certified."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from flask import render_template
from flask_babel import lazy_gettext as _l

from booking.documents.document_owner import CheckResult, DocumentOwner
from booking.documents.document_queries import CopyView, DocumentsOfVisit, FileView, documents_of
from booking.documents.file_store import file_store
from booking.documents.original_queries import Returned, originals_of
from booking.documents.progress_steps import Step, may_be_noted
from booking.queries.appointments import AppointmentView, by_reference
from booking.use_cases.keep_documents import MOST_DOCUMENTS
from booking.visits.visit_queries import visit_by_id
from booking.visits.visit_repository import walk_in_of
from core.errors import NotFound
from people.residents.access_log import log_access
from reminders.after_kinds import PROGRESS
from reminders.summary_expected_queries import expected_of_summary
from web.components.form_fields import FieldError
from web.labels import Labels
from web.missing_papers import missing_papers
from web.page_context import SiteContext
from web.progress_lines import STEPS, progress_lines
from web.request_language import all_of, format_moment
from web.site.sent_papers import told_of_wish
from web.site.without_visit import without_visit
from web.told import told_lines

RETURNED: Labels = {Returned.COLLECTED: _l("given back"), Returned.POSTED: _l("posted")}


@dataclass(frozen=True)
class VisitHere:
    """Whose documents they are: `asked` are the documents that the services ask for."""

    owner: DocumentOwner
    reference: str
    spoken_reference: str
    name: str
    services: str
    when: str
    asked: tuple[str, ...]
    missing_papers: str = ""
    booked: AppointmentView | None = None


@dataclass(frozen=True)
class DocumentRow:
    """One document of the page, with what was found of it."""

    name: str
    result: str
    files: tuple[FileView, ...]
    copies: tuple[CopyView, ...]

    @property
    def is_seen(self) -> bool:
        """Whether the original was seen."""
        return self.result == CheckResult.SEEN


def visit_here(context: SiteContext, reference: str) -> VisitHere:
    """The appointment, or the visit of a walk-in, which must be at this site. Raises: NotFound."""
    try:
        view = by_reference(context.db, context.catalogue, reference)
    except NotFound:
        return _walk_in_here(context, reference)
    if view.site.id != context.site.id:
        raise NotFound
    return _of_appointment(context, view)


def _of_appointment(context: SiteContext, view: AppointmentView) -> VisitHere:
    owner = DocumentOwner(context.authority.id, view.site.id, view.id, resident_id=view.resident.id)
    when = format_moment(view.starts_at.astimezone(ZoneInfo(view.zone)))
    names = all_of(view.service_names)
    who = (view.reference, view.spoken_reference, view.resident.name)
    return VisitHere(owner, *who, names, when, _asked(view), missing_papers(view), view)


def _asked(view: AppointmentView) -> tuple[str, ...]:
    """The documents that the services ask for; those that are counted by their names alone, as residents send them."""
    found = (
        name
        for service in view.services
        for name in (
            *service.documents,
            *(one.line for one in service.documents_by_case),
            *(rule.document for rule in service.documents_by_rule),
        )
    )
    return tuple(dict.fromkeys(found))


def _walk_in_here(context: SiteContext, reference: str) -> VisitHere:
    row = walk_in_of(context.db, context.authority.id, reference)
    if row is None or row.site_id != context.site.id:
        raise NotFound
    visit = visit_by_id(context.db, context.catalogue, row.id)
    owner = DocumentOwner(context.authority.id, visit.site.id, visit_id=visit.id, resident_id=visit.resident_id)
    when = format_moment(visit.arrived_at.astimezone(ZoneInfo(context.zone)))
    spoken = f"{visit.reference[:4]} {visit.reference[4:]}"
    return VisitHere(owner, visit.reference, spoken, visit.name, visit.service.name, when, visit.service.papers)


def log_documents(context: SiteContext, visit: VisitHere, purpose: str, **facts: object) -> None:
    """Write that somebody looked at the documents of the visit."""
    facts |= {
        "site_id": context.site.id,
        "visit_id": visit.owner.visit_id,
        "appointment_id": visit.owner.appointment_id,
    }
    with context.runtime.database.writing() as db:
        log_access(db, context.authority.id, visit.owner.resident_id, context.actor, purpose, context.now, **facts)


def rows_of(visit: VisitHere, found: DocumentsOfVisit) -> list[DocumentRow]:
    """A row for each document that is asked for, or that somebody has brought."""
    of_files = (one.document for one in found.files if one.is_kept)
    names = (*visit.asked, *found.checks, *of_files, *(one.document for one in found.copies))
    return [
        DocumentRow(
            name,
            found.checks[name].value if name in found.checks else "",
            tuple(one for one in found.files if one.document == name and one.is_kept),
            tuple(one for one in found.copies if one.document == name),
        )
        for name in dict.fromkeys(names)
        if name
    ][:MOST_DOCUMENTS]


def documents_page(
    context: SiteContext, visit: VisitHere, errors: Sequence[FieldError] = (), typed: Mapping[str, Any] | None = None
) -> str:
    """The page, with what is wrong with the form that was sent and what was typed in it."""
    log_documents(context, visit, "documents")
    found = documents_of(context.db, visit.owner)
    return render_template(
        "site/documents.html",
        site=context.site,
        zone=context.zone,
        visit=visit,
        rows=rows_of(visit, found),
        found=found,
        told_of_wish=told_of_wish(context, visit.reference, found) if visit.owner.appointment_id else (),
        **_progress(context, visit.booked),
        ending=without_visit(context, visit.booked, found),
        originals=originals_of(context.db, visit.owner),
        returned_words=RETURNED,
        now=context.now,
        can_keep=file_store(context.runtime.settings) is not None,
        errors=list(errors),
        has_errors=bool(errors),
        typed=typed or {},
    )


def _progress(context: SiteContext, view: AppointmentView | None) -> dict[str, Any]:
    """How far it has come since, where something can come of it."""
    if view is None or not may_be_noted(view.state, is_not_needed=view.is_not_needed):
        return {}
    facts: dict[str, Any] = {"progress_lines": progress_lines(view), "progress_stamp": view.stamp}
    told = (
        expected_of_summary(context.db, context.authority, view.id, context.now, PROGRESS)
        if view.tells_progress
        else ()
    )
    return facts | {"steps": [(step.value, str(STEPS[step])) for step in Step], "told_of_progress": told_lines(told)}
