"""How many papers somebody lacks for their appointment, and how many they have sent, as staff read it."""

from __future__ import annotations

from flask_babel import gettext, ngettext

from booking.documents.kept_papers import papers_of_visit
from booking.queries.appointments import AppointmentView


def missing_papers(view: AppointmentView) -> str:
    """ "2 of 5 papers missing: Payslips, Rent book"; that they have all; nothing where they have not said."""
    papers = papers_of_visit(view.services, view.paper_answers, view.local_date)
    if papers.have is None or not papers.needed:
        return ""
    if not papers.missing:
        return str(gettext("They have all papers"))
    names = ", ".join(paper.rule.name for paper in papers.missing)
    missing, all_ = len(papers.missing), len(papers.needed)
    return str(gettext("%(missing)s of %(all)s papers missing: %(names)s", missing=missing, all=all_, names=names))


def sent_papers(number: int) -> str:
    """ "2 papers sent, not yet looked at"."""
    return str(ngettext("%(num)d paper sent, not yet looked at", "%(num)d papers sent, not yet looked at", number))
