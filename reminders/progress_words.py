"""The steps after a visit in the words of a message. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from booking.documents.progress_steps import Step
from core.language import Language


def _(text: str) -> str:
    """Marks `text` for the catalogue."""
    return text


STEP_WORDS: Mapping[str, str] = {
    Step.PAPERS_ARRIVED.value: _("We have the papers"),
    Step.WITH_TEAM.value: _("It is with the team that decides"),
    Step.PAPERS_ACCEPTED.value: _("The papers are accepted"),
    Step.PAPER_NEEDED.value: _("We need one more paper"),
    Step.DECIDED.value: _("It is decided"),
}


def step_in_words(step: str, language: Language) -> str:
    """The step."""
    return language.gettext(STEP_WORDS[step])
