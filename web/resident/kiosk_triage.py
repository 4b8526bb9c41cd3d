"""The questions of a triage at a kiosk: they travel with the form, and are kept with the ticket alone, for who is seen."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from flask import request
from flask_babel import lazy_gettext as _l
from wtforms.validators import InputRequired

from booking.urgent.urgent_rules import UrgentAsk, key_of, urgent_meanings, urgent_words
from booking.use_cases.urgent_requests import keep_urgent, know_who_asked
from booking.visits.visit_states import NewWalkIn
from core.audit import Actor
from locations.model import ServiceFacts, SiteFacts
from locations.triage.in_front import triage_before
from locations.triage.tree import BOOK, COME_TODAY, Outcome, Path, Question, Tree, in_english
from web.components.form_fields import Choice, Form
from web.page_context import PageContext

ANSWER = "answer-"  # before the slug of a question
ASKED, ALL_THE_SAME = "asked", "all_the_same"


@dataclass(frozen=True)
class KioskTriage:
    """The triage in front of a service, with what was answered so far."""

    tree: Tree
    numbers: dict[str, int]

    @property
    def path(self) -> Path:
        """How far the answers lead."""
        return self.tree.follow(self.numbers)

    @property
    def kept(self) -> list[tuple[str, str]]:
        """The answers as hidden fields."""
        return [(f"{ANSWER}{slug}", str(number)) for slug, number in self.numbers.items()]

    def advice(self) -> Outcome | None:
        """What else helps than to wait here, unless it is urgent, or they want to wait all the same; None for nothing."""
        path = self.path
        is_to_wait = path.is_urgent or request.form.get(ALL_THE_SAME) == "yes"
        outcome = None if is_to_wait else path.outcome
        return None if outcome is None or outcome.kind in (BOOK, COME_TODAY) else outcome

    @property
    def is_to_be_seen_today(self) -> bool:
        """Whether the answers lead to somebody today: they are called before those who could come another day."""
        outcome = self.path.outcome
        return self.path.is_urgent or (outcome is not None and outcome.kind == COME_TODAY)

    def answered(self, new: NewWalkIn, now: datetime) -> NewWalkIn:
        """Who takes the ticket, with the answers as staff read them, and when they asked for help, if they did."""
        path = in_english(self.tree).follow(self.numbers)
        asked_at = now if path.is_about_homelessness else None
        is_urgent = new.is_urgent or self.is_to_be_seen_today
        return replace(new, answers=path.words, asked_at=asked_at, is_urgent=is_urgent)


def triage_at_kiosk(context: PageContext, service: ServiceFacts) -> KioskTriage | None:
    """The triage in front of the service with the answers of the form; None where there is none."""
    tree = triage_before(context.catalogue, (service,))
    if tree is None:
        return None
    found = {}
    for slug, question in tree.questions.items():
        typed = request.form.get(f"{ANSWER}{slug}", "")
        if typed in map(str, range(len(question.answers))):
            found[slug] = int(typed)
    return KioskTriage(tree, found)


def question_form(question: Question) -> Any:
    """The form of one question; it says what is missing when it was shown before."""
    choices = [(str(number), one.answer) for number, one in enumerate(question.answers)]
    answer = Choice(
        question.ask, description=question.help, choices=choices, validators=[InputRequired(_l("Choose an answer"))]
    )
    form = type("KioskQuestionForm", (Form,), {f"{ANSWER}{question.slug}": answer})()
    if request.form.get(ASKED) == question.slug:
        form.validate()
    return form


def keep_if_urgent(
    context: PageContext, site: SiteFacts, triage: KioskTriage | None, name: str, *, ticket: int | None = None
) -> bool:
    """Whether the answers cannot wait: then they stand on the urgent list, with where they wait and by which ticket."""
    if triage is None or not triage.path.is_urgent:
        return False
    path = in_english(triage.tree).follow(triage.numbers)
    said = "" if ticket is None else f"Waits at {site.name} with ticket {ticket}"
    key = key_of("kiosk", site.id, request.form.get("idempotency_key", ""))
    ask = UrgentAsk(key, triage.tree.slug, "kiosk", urgent_meanings(path), urgent_words(path, said))
    keep_urgent(context.runtime, context.authority.id, ask, actor=Actor.resident())
    if name and ticket is not None:
        know_who_asked(context.runtime, context.authority.id, key, name=name)
    return True
