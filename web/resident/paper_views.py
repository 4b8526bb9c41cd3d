"""Which papers somebody brings, and which of them they have: while they book, and on the page of their appointment."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from flask import redirect, request
from flask.typing import ResponseReturnValue

from booking.documents.kept_papers import (
    Stored,
    answers_from,
    papers_of_visit,
    rules_of,
    stored_answers,
    stored_ticks,
)
from booking.documents.paper_list import NeededPaper
from booking.use_cases.keep_papers import keep_papers, papers_stamp
from core.audit import Actor
from core.errors import IllegalMove, Stale
from locations.model import ServiceFacts
from people.staff.access_marks import public
from web.components.paper_form import answers_of, paper_form, values_from
from web.page_context import council_context
from web.paper_lines import papers_on_page
from web.resident.appointment_page import AppointmentPage, open_appointment_context
from web.resident.drafts import BookingPage
from web.resident.urls import blueprint

ON_PAPERS: tuple[str, ...] = ("papers",)


@blueprint.route("/<authority:authority>/book/<visit>/papers", methods=["GET", "POST"])
@public
def papers(authority: str, visit: str) -> ResponseReturnValue:
    """Ask what decides which papers are brought to the visit that is being booked."""
    with council_context(authority) as context:
        page = BookingPage(context, visit, "papers")
        if away := page.response or _elsewhere(page):
            return away
        rules, kept = rules_of(page.visit.services), page.draft.papers or {}
        form = paper_form(rules, page.draft.values_on("papers", values_from(answers_from(kept), rules)))
        shown = {
            "form": form,
            "back": page.url("details"),
            "action": page.url("papers"),
            "seen": page.stamp(*ON_PAPERS),
        }
        if page.has_changed(*ON_PAPERS):
            return page.show_changed("papers", **shown)
        if form.validate_on_submit():
            page.save(papers=stored_answers(answers_of(form, rules), kept))
            return redirect(page.url("bring"), code=303)
        return page.show("papers", **shown)


@blueprint.route("/<authority:authority>/book/<visit>/bring", methods=["GET", "POST"])
@public
def bring(authority: str, visit: str) -> ResponseReturnValue:
    """Show what they bring to the visit that is being booked; they tick what they have."""
    with council_context(authority) as context:
        page = BookingPage(context, visit, "bring")
        if away := page.response or _elsewhere(page):
            return away
        kept = page.draft.papers
        if kept is None:
            return redirect(page.url("papers"), code=303)
        ticked = page.draft.values_on("bring", {}).get("have")
        shown: dict[str, Any] = {
            "back": page.url("papers"),
            "action": page.url("bring"),
            "seen": page.stamp(*ON_PAPERS),
        }
        shown |= _list(page.visit.services, kept, ticked, page.visit.starts_at.date())
        if page.has_changed(*ON_PAPERS):
            return page.show_changed("bring", **shown)
        if request.method == "POST":
            page.save(papers=stored_ticks(kept, _ticked(page.visit.services, kept, page.visit.starts_at.date())))
            return redirect(page.url("check"), code=303)
        return page.show("bring", **shown)


def _elsewhere(page: BookingPage) -> ResponseReturnValue | None:
    """To the page whose answers are missing, or on, where no paper is counted."""
    if page.draft.missing_page:
        return redirect(page.url(page.draft.missing_page), code=303)
    return None if rules_of(page.visit.services) else redirect(page.url("check"), code=303)


def _list(services: Sequence[ServiceFacts], kept: Stored, ticked: Sequence[str] | None, day: date) -> dict[str, Any]:
    """The list with what is ticked: as it was sent from here before, or else as it is kept."""
    shown = papers_on_page(services, kept, day)
    known = [paper.rule.document for paper in shown.papers if paper.has] if shown else []
    return {"papers": shown, "ticked": frozenset(known if ticked is None else ticked)}


def _ticked(services: Sequence[ServiceFacts], kept: Stored, day: date) -> list[NeededPaper]:
    """The papers that were ticked, of those that there are."""
    sent = set(request.form.getlist("have"))
    return [paper for paper in papers_of_visit(services, kept, day).needed if paper.rule.document in sent]


@blueprint.route("/<authority:authority>/appointment/<reference>/papers", methods=["GET", "POST"])
@public
def own_papers(authority: str, reference: str) -> ResponseReturnValue:
    """Ask the same of an appointment that is booked."""
    with open_appointment_context(authority, reference) as page:
        if away := page.refuse_unless_booked() or _without_rules(page):
            return away
        rules, kept = rules_of(page.view.services), page.view.paper_answers
        form = paper_form(rules, values_from(answers_from(kept), rules))
        shown = {"form": form, "back": page.url, "action": f"{page.url}/papers"}
        if form.validate_on_submit():
            return _keep(page, stored_answers(answers_of(form, rules), kept), "papers", shown)
        return _show(page, "papers", shown)


@blueprint.route("/<authority:authority>/appointment/<reference>/bring", methods=["GET", "POST"])
@public
def own_list(authority: str, reference: str) -> ResponseReturnValue:
    """Show what they bring to an appointment that is booked; they tick what they have."""
    with open_appointment_context(authority, reference) as page:
        if away := page.refuse_unless_booked() or _without_rules(page):
            return away
        services, kept = page.view.services, page.view.paper_answers
        if not kept:
            return redirect(f"{page.url}/papers", code=303)
        shown: dict[str, Any] = {"back": f"{page.url}/papers", "action": f"{page.url}/bring"}
        shown |= _list(services, kept, None, page.view.local_date)
        if request.method == "POST":
            return _keep(page, stored_ticks(kept, _ticked(services, kept, page.view.local_date)), "bring", shown)
        return _show(page, "bring", shown)


def _without_rules(page: AppointmentPage) -> ResponseReturnValue | None:
    return None if rules_of(page.view.services) else redirect(page.url, code=303)


def _show(page: AppointmentPage, template: str, shown: dict[str, Any], *, has_changed: bool = False) -> str:
    seen = papers_stamp(page.view.stamp, page.view.paper_answers)
    return page.show(template, seen=seen, has_changed=has_changed, draft=None, **shown)


def _keep(page: AppointmentPage, kept: dict[str, Any], template: str, shown: dict[str, Any]) -> ResponseReturnValue:
    """Keep it and go on; where it was changed meanwhile, the page as it is now, with what was typed."""
    try:
        keep_papers(
            page.context.runtime,
            page.view.authority_id,
            page.view.reference,
            kept,
            actor=Actor.resident(),
            seen=page.seen,
        )
    except Stale:
        return page.show_stale(
            template, seen=papers_stamp(page.view.stamp, page.view.paper_answers), draft=None, **shown
        )
    except IllegalMove:
        return page.show_refusal(IllegalMove.code)
    return page.redirect("papers") if template == "bring" else redirect(f"{page.url}/bring", code=303)
