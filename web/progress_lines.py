"""How far somebody's matter has come after their visit, in words, as residents and staff read it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from booking.documents.progress_steps import ProgressStep, Step, steps_from
from booking.queries.appointments import AppointmentView
from web.labels import Labels

STEPS: Labels = {
    Step.PAPERS_ARRIVED: _l("We have the papers"),
    Step.WITH_TEAM: _l("It is with the team that decides"),
    Step.PAPERS_ACCEPTED: _l("The papers are accepted"),
    Step.PAPER_NEEDED: _l("We need one more paper"),
    Step.DECIDED: _l("It is decided"),
}


@dataclass(frozen=True)
class ProgressLine:
    """A step in words, and when it was noted."""

    text: str
    paper: str
    at: datetime


def progress_lines(view: AppointmentView) -> tuple[ProgressLine, ...]:
    """All steps, the newest first."""
    return tuple(ProgressLine(str(STEPS[one.step]), one.paper, one.at) for one in reversed(steps_from(view.progress)))


def latest_step(view: AppointmentView) -> str:
    """The newest step in one line; empty where nothing was noted."""
    steps = steps_from(view.progress[-1:])
    return _in_one_line(steps[0]) if steps else ""


def _in_one_line(step: ProgressStep) -> str:
    if step.paper:
        return str(_("We need one more paper: %(paper)s", paper=step.paper))
    return str(STEPS[step.step])
