"""What a request of a call brings: in its address what is searched for and shown, in its form what was typed.

The address has nothing personal. What is typed is kept on the server until the call
ends, whatever happens to the time and the page.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from functools import partial
from typing import Any
from urllib.parse import urlencode

from werkzeug.datastructures import MultiDict

from core.errors import Invalid, InvalidValue, Reason
from core.problems import field_texts
from core.text import clean_line, clean_text, is_blank, parse_or_empty, printable
from core.wall_clock import parse_day
from locations.model import MODES, ServiceFacts
from people.residents.contact_notes import LONGEST_NOTE
from people.residents.details import NEEDS
from web.components.form_fields import FieldError
from web.request_language import current_language

Parser = Callable[[str], str]
MOST_SERVICES = 2
LONGEST_TEXT, LONGEST_ID = 2000, 18
LONGEST_REASON = LONGEST_ANSWER = 300
LONGEST_SEARCH, LONGEST_SERVICE_TEXT = 200, 60
LONGEST_NUMBER = 10  # as it was typed; what cannot be is shown again
OWN_ADVISER, ANY_ADVISER = "own", "any"
ANSWER = "answer-"  # what the names of the fields of triage questions begin with
REPRESENTATIVE = "rep-"  # what the value of `caller` begins with for somebody who acted before
MANDATE = "may-"  # ... and for somebody of whom it is noted that they may act
OF_HELPER = ("rep_name", "rep_basis", "rep_phone", "rep_email", "rep_address", "rep_postcode")
REPRESENTATIVE_FIELDS = frozenset(OF_HELPER)
TYPED_FIELDS = ("caller", *OF_HELPER, "case_number", "site_notes", "call_note", "reason", "asked_by", "why_not")
LONGEST_FIELD_NAME = 100
ASKED_BY = ("resident", "representative", "authority")


@dataclass(frozen=True)
class CallState:
    """What is selected in a call, `numbers` as typed; `needs` None means those known, no `adviser` what the service says."""

    services: tuple[str, ...] = ()
    needs: tuple[str, ...] | None = None
    mode: str = ""
    near: str = ""
    first_date: date | None = None
    cell: str = ""
    picking: bool = False
    search_text: str = ""
    moving: str = ""
    cancelling: str = ""
    numbers: tuple[str, ...] = ()
    adviser: str = ""

    def but(self, **changes: Any) -> CallState:
        """The same state with `changes`; an opened cell is closed unless it is one of them."""
        shut: dict[str, Any] = {"cell": "", "picking": False, "search_text": "", "cancelling": ""}
        return replace(self, **(shut | changes))

    def needs_or(self, known: Iterable[str]) -> tuple[str, ...]:
        """The support needs that the search and the booking respect: those selected, or else those that are `known`."""
        return tuple(code for code in known if code in NEEDS) if self.needs is None else self.needs

    @property
    def query(self) -> str:
        """The query string that `read_state` reads back."""
        pairs: list[tuple[str, str]] = [("service", slug) for slug in self.services]
        if self.needs is not None:
            pairs += [("filtered", "1"), *(("need", code) for code in self.needs)]
        pairs += [("number", number) for number in self.numbers]
        facts: Mapping[str, str] = {
            "mode": self.mode,
            "near": self.near,
            "from": self.first_date.isoformat() if self.first_date else "",
            "cell": self.cell,
            "pick": "1" if self.picking else "",
            "find": self.search_text,
            "move": self.moving,
            "cancel": self.cancelling,
            "with": self.adviser,
        }
        return urlencode(pairs + [(name, value) for name, value in facts.items() if value])


def read_state(arguments: MultiDict[str, str]) -> CallState:
    """The state that `arguments` describe. What means nothing is left out rather than refused."""
    needs = tuple(code for code in dict.fromkeys(arguments.getlist("need")) if code in NEEDS)
    mode = arguments.get("mode", "")
    return CallState(
        services=tuple(dict.fromkeys(arguments.getlist("service")))[:MOST_SERVICES],
        needs=needs if arguments.get("filtered", "") else None,
        mode=mode if mode in MODES else "",
        near=" ".join(arguments.get("near", "").split())[:20],
        first_date=_date(arguments.get("from", "")),
        cell=arguments.get("cell", "")[:40],
        picking=bool(arguments.get("pick", "")),
        search_text=" ".join(arguments.get("find", "").split())[:LONGEST_SERVICE_TEXT],
        moving=arguments.get("move", "")[:12],
        cancelling=arguments.get("cancel", "")[:12],
        adviser=arguments.get("with", "") if arguments.get("with") in (OWN_ADVISER, ANY_ADVISER) else "",
        numbers=tuple(as_search_text(text)[:LONGEST_NUMBER] for text in arguments.getlist("number")[:MOST_SERVICES]),
    )


def _date(text: str) -> date | None:
    try:
        return parse_day(text)
    except InvalidValue:
        return None


@dataclass(frozen=True)
class Typed:
    """What is typed in a call."""

    caller: str = "self"
    rep_name: str = ""
    rep_basis: str = ""
    rep_phone: str = ""
    rep_email: str = ""
    rep_address: str = ""
    rep_postcode: str = ""
    site_notes: str = ""
    call_note: str = ""
    reason: str = ""
    asked_by: str = ""
    why_not: str = ""
    case_number: str = ""
    answers: Mapping[str, str] = field(default_factory=dict)

    @property
    def is_self(self) -> bool:
        """Whether the resident calls for themselves."""
        return self.caller == "self"

    @property
    def representative_id(self) -> int | None:
        """Which of the people who acted for the resident before is calling, if one is. See `code_of_representative`."""
        return _number_after(REPRESENTATIVE, self.caller)

    @property
    def mandate_id(self) -> int | None:
        """Which of those of whom it is noted that they may act is calling, if one is. See `code_of_mandate`."""
        return _number_after(MANDATE, self.caller)

    @property
    def is_other(self) -> bool:
        """Whether the field says that somebody new is calling."""
        return self.caller == "other"

    @property
    def is_asked_by_council(self) -> bool:
        """Whether the council is the one that wants the change."""
        return self.asked_by == "authority"

    @property
    def is_for_other(self) -> bool:
        """Whether somebody new acts for the resident."""
        return self.caller == "other" or bool(self.rep_name)


def code_of_representative(representative_id: int) -> str:
    """The value of the field `caller` that means somebody who acted for the resident before."""
    return f"{REPRESENTATIVE}{representative_id}"


def code_of_mandate(mandate_id: int) -> str:
    """The value of the field `caller` that means somebody of whom it is noted that they may act."""
    return f"{MANDATE}{mandate_id}"


def _number_after(beginning: str, text: str) -> int | None:
    number = text.removeprefix(beginning)
    is_id = text != number and number.isascii() and number.isdecimal() and len(number) <= LONGEST_ID
    return int(number) if is_id else None


def typed_fields(form: Mapping[str, str]) -> dict[str, str]:
    """The fields of `form` that are kept for the call while it lasts, as they were typed."""
    answers = (name for name in form if name.startswith(ANSWER) and len(name) <= LONGEST_FIELD_NAME)
    return {name: printable(form[name]).strip(" \t\r\n") for name in (*TYPED_FIELDS, *answers) if name in form}


def read_typed(form: Mapping[str, str]) -> Typed:
    """What `form` brings, as it was typed, without the spaces around it; what cannot be seen is nothing."""

    def text(name: str) -> str:
        typed = str(form.get(name, ""))
        return "" if is_blank(typed) else typed.strip(" \t\r\n")

    # Whoever types a name means somebody new, whatever was ticked before.
    caller = "other" if text("rep_name") else text("caller") or "self"
    return Typed(
        caller=caller,
        rep_name=text("rep_name"),
        rep_basis=text("rep_basis"),
        rep_phone=text("rep_phone"),
        rep_email=text("rep_email"),
        rep_address=text("rep_address"),
        rep_postcode=text("rep_postcode"),
        site_notes=text("site_notes"),
        call_note=text("call_note"),
        reason=text("reason"),
        why_not=text("why_not"),
        case_number=text("case_number"),
        asked_by=form.get("asked_by", "") if form.get("asked_by") in ASKED_BY else "",
        answers={name.removeprefix(ANSWER): text(name) for name in form if name.startswith(ANSWER) and text(name)},
    )


@dataclass(frozen=True)
class Unused:
    """What stands in the boxes of a form that was sent for something else: it is shown again when that is refused."""

    search_text: str = ""
    service_text: str = ""
    facts: frozenset[str] = frozenset()


def read_unused(form: MultiDict[str, str]) -> Unused:
    """What `form` has of a search for another resident, of the name of a service, and of the facts of a caller."""
    service_text = printable(form.get("find", ""))[:LONGEST_SERVICE_TEXT]
    return Unused(read_search_text(form), service_text, frozenset(form.getlist("fact")))


def read_search_text(form: Mapping[str, str]) -> str:
    """What the agent typed to find a resident."""
    return as_search_text(form.get("q", ""))


def as_search_text(typed: str) -> str:
    """`typed` as it is searched for: one line of what can be printed."""
    return " ".join(printable(typed).split())[:LONGEST_SEARCH]


def cleaned(typed: Typed) -> Typed:
    """`typed` with its notes, reason and answers as they are kept. Raises: Invalid with each that cannot be used."""
    errors: dict[str, list[Reason]] = {}
    texts = {name: kept_text(errors, name, getattr(typed, name), parse) for name, parse in TEXTS.items()}
    answers = {key: kept_text(errors, f"{ANSWER}{key}", answer, _answer) for key, answer in typed.answers.items()}
    if errors:
        raise Invalid(errors)
    return replace(typed, answers=answers, **texts)


def kept_text(errors: dict[str, list[Reason]], name: str, text: str, parse: Parser) -> str:
    """What `parse` makes of `text`, if there is any; its reason goes to `errors` under the field's name."""
    try:
        return parse_or_empty(parse, text)
    except InvalidValue as error:
        errors[name] = [error.reason]
        return ""


def _answer(text: str) -> str:
    return clean_line(text, LONGEST_ANSWER)


TEXTS: Mapping[str, Parser] = {
    "site_notes": partial(clean_text, longest=LONGEST_TEXT),
    "call_note": partial(clean_text, longest=LONGEST_NOTE),
    "reason": partial(clean_line, longest=LONGEST_REASON),
    "why_not": partial(clean_line, longest=LONGEST_REASON),
}


def check_reason(typed: Typed, *, is_cancelling: bool) -> None:
    """Raises: Invalid when the council asks for a change and does not say why."""
    if typed.asked_by == "authority" and not typed.reason:
        raise Invalid.in_field(
            "reason", "no_reason_for_cancelling_by_phone" if is_cancelling else "no_reason_for_moving"
        )


def answers_by_question(typed: Typed, services: tuple[ServiceFacts, ...]) -> dict[str, str]:
    """The answers to the triage questions, by question."""
    asked = {
        f"{service.slug}-{number}": question.ask
        for service in services
        for number, question in enumerate(service.triage_questions)
    }
    return {asked[key]: answer for key, answer in typed.answers.items() if key in asked}


INPUT_OF = {"note": "call_note"}  # of a field of a use case that has another name here


def field_errors(error: Invalid) -> list[FieldError]:
    """The errors, each with the name of its field."""
    texts_of = field_texts(error, current_language())
    return [FieldError(texts[0], INPUT_OF.get(name, name)) for name, texts in texts_of.items()]
