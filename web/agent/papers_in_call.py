"""Which papers a caller brings: the same questions as residents have, among the fields of a call, and what they have."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any

from flask_babel import lazy_gettext as _l
from werkzeug.datastructures import MultiDict

from booking.calendar.event import Papers, papers_of
from booking.documents.kept_papers import papers_of_visit, rules_of, services_as_answered, stored_answers, stored_ticks
from booking.documents.paper_list import MOST_EACH, NeededPaper
from booking.documents.paper_words import paper_line
from core.errors import Invalid, Reason
from locations.model import ServiceFacts
from locations.paper_rules import NO, YES
from web.agent.call_request import ANSWER
from web.agent.choices import Option, options_of
from web.components.paper_form import PAPER_FIELDS, answers_of, paper_form
from web.labels import Labels
from web.request_language import current_language

PAPERS = f"{ANSWER}papers--"  # what the names of its fields begin with; no slug of a service has two hyphens
HAS = f"{PAPERS}has-"  # before the mark of the list: what was said of other dates is asked anew
HAS_IT: Labels = {YES: _l("They have it"), NO: _l("They do not have it")}
_NUMBERS = {"accounts": 0, "adults": 1}  # and the least of each


@dataclass(frozen=True)
class PaperInCall:
    """A paper that they bring: how many and of which dates, what they do without it, and whether they have it."""

    field: str
    line: str
    without: str
    value: str

    @property
    def options(self) -> tuple[Option, ...]:
        """What can be said of it."""
        return options_of(HAS_IT, self.value)


@dataclass(frozen=True)
class PapersInCall:
    """The questions and the list in one call; `typed` are the answers by field, without what all answers begin with."""

    services: tuple[ServiceFacts, ...]
    typed: Mapping[str, str]
    day: date

    @cached_property
    def form(self) -> Any:
        """The questions with what is typed, and what is wrong with it."""
        sent = {f"{ANSWER}{name}": value for name, value in self.typed.items()}
        form = paper_form(self._rules, {}, MultiDict(sent), prefix=PAPERS)
        form.validate()
        return form

    @property
    def is_begun(self) -> bool:
        """Whether anything is typed about papers."""
        return any(f"{ANSWER}{name}".startswith(PAPERS) for name in self.typed)

    @property
    def papers(self) -> tuple[PaperInCall, ...]:
        """What they bring, as far as the answers say; nothing before there are any."""
        if not self.is_begun:
            return ()
        language = current_language()
        return tuple(
            PaperInCall(field, paper_line(paper, language, self.day), paper.rule.without, self._has(field))
            for field, paper in self._needed.items()
        )

    @property
    def bring(self) -> tuple[Papers, ...]:
        """What to say that they bring, by service."""
        return papers_of(services_as_answered(self.services, self._answers, self.day, current_language()))

    @property
    def stored(self) -> dict[str, Any]:
        """What is kept with the appointment; nothing where nobody has asked."""
        if not self.is_begun:
            return {}
        said = {field: self._has(field) for field in self._needed}
        if not any(value in (YES, NO) for value in said.values()):
            return self._answers
        return stored_ticks(self._answers, [paper for field, paper in self._needed.items() if said[field] == YES])

    @property
    def field_names(self) -> frozenset[str]:
        """The names of its fields."""
        return frozenset(field.name for field in self.form) | frozenset(paper.field for paper in self.papers)

    def check(self) -> None:
        """Raises: Invalid with each answer that cannot be used."""
        wrong = [name for name in PAPER_FIELDS if name in self.form and self.form[name].errors]
        if wrong:
            raise Invalid({f"{PAPERS}{name}": [_reason(name)] for name in wrong})

    @cached_property
    def _needed(self) -> dict[str, NeededPaper]:
        """The papers by the names of their fields."""
        needed = papers_of_visit(self.services, self._answers, self.day).needed
        return {f"{HAS}{number}-{paper.mark}": paper for number, paper in enumerate(needed)}

    @cached_property
    def _rules(self) -> tuple[Any, ...]:
        return rules_of(self.services)

    @property
    def _answers(self) -> dict[str, Any]:
        return stored_answers(answers_of(self.form, self._rules))

    def _has(self, field: str) -> str:
        return self.typed.get(field.removeprefix(ANSWER), "")


def papers_in_call(services: Sequence[ServiceFacts], typed: Mapping[str, str], day: date) -> PapersInCall | None:
    """The questions about papers of these services; None where they have no rules."""
    if not any(service.documents_by_rule for service in services):
        return None
    return PapersInCall(tuple(services), typed, day)


def _reason(name: str) -> Reason:
    if name in _NUMBERS:
        return Reason("paper_number", {"least": _NUMBERS[name], "most": MOST_EACH})
    return Reason("day_form") if name.endswith("_on") else Reason("paper_choice")
