"""What an agent types about a resident, an appointment and a call, and what to do when it cannot be used."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

from flask_babel import lazy_gettext as _
from wtforms.validators import DataRequired, Length, StopValidation

from core.contact_values import EMAIL_IN_TEXT, parse_email, parse_phone
from core.errors import Invalid, InvalidValue, Reason
from core.problems import field_texts
from core.text import clean_line, clean_text, parse_or_empty
from core.tokens import stamp_of
from locations.model import ServiceFacts
from people.residents.contact_notes import LONGEST_NOTE
from people.residents.details import BASES, NEEDS, Representation, ResidentDetails, parse_name
from people.residents.search import read_search
from people.residents.tables import Resident
from web import labels
from web.components.form_fields import (
    Checkbox,
    Choice,
    Choices,
    EmailField,
    FieldError,
    Form,
    NameField,
    PhoneField,
    PostcodeField,
    Text,
    optional,
)
from web.request_language import current_language

Parser = Callable[[str], str]
OFF = {"autocomplete": "off", "spellcheck": "false"}
LONGEST_TEXT = 2000
LONGEST_REASON = 300
LONGEST_ANSWER = 300
ANSWER = "answer-"  # what the names of the fields of triage questions begin with


class ResidentForm(Form):
    """A resident as the agent writes them down: only the name is needed."""

    name = NameField(_("Full name"), validators=[DataRequired(_("Enter a name"))], render_kw=OFF)
    phone = PhoneField(_("Telephone"), validators=[optional()], render_kw=OFF | {"classes": "govuk-input--width-20"})
    email = EmailField(_("Email"), validators=[optional()], render_kw=OFF)
    postcode = PostcodeField(
        _("Postcode"), validators=[optional()], render_kw=OFF | {"classes": "govuk-input--width-10"}
    )
    contact_preference = Choice(
        _("How do they want to hear from us?"), choices=list(labels.CONTACT_PREFERENCES.items()), default="email"
    )
    do_not_text = Checkbox(_("Do not text"))
    leave_no_message = Checkbox(_("Leave no message when nobody answers"))
    language = Text(
        _("Language, if they need another than English"),
        validators=[optional(), Length(max=40, message=_("Use at most 40 characters"))],
        render_kw=OFF | {"classes": "govuk-input--width-20"},
    )
    support_needs = Choices(_("Support needs"), choices=list(labels.NEEDS.items()), validate_choice=False)

    def validate_contact_preference(self, field_: Any) -> None:
        """Raises: StopValidation for a way that cannot reach them."""
        if field_.data == "text" and (self.do_not_text.data or not self.phone.data):
            raise StopValidation(_("Text needs a telephone number that may be texted. Choose another way"))

    def person(self) -> ResidentDetails:
        """The person whom the form describes."""
        return ResidentDetails(
            name=self.name.data or "",
            email=self.email.data or "",
            phone=self.phone.data or "",
            postcode=self.postcode.data or "",
            language=self.language.data or "",
            support_needs=tuple(code for code in NEEDS if code in (self.support_needs.data or ())),
            contact_preference=self.contact_preference.data or "email",
            do_not_text=bool(self.do_not_text.data),
            leave_no_message=bool(self.leave_no_message.data),
        )


FACTS = tuple(name for name in ResidentDetails.__dataclass_fields__)


def facts_of(resident: Resident) -> dict[str, Any]:
    """The form's first values for a resident who is known."""
    return {name: getattr(resident, name) for name in FACTS}


def seen_of(resident: Resident) -> str:
    """The stamp of what the form shows of a resident who is known."""
    return stamp_of(*facts_of(resident).values())


def carried_over(text: str) -> dict[str, str]:
    """The search text as the first values of a new resident: number, postcode and email each in its own field."""
    asked = read_search(text)
    rest = text.strip()
    values = {"email": asked.email}
    if asked.email:
        rest = EMAIL_IN_TEXT.sub("", rest).strip()
    digits = sum(character.isdigit() for character in rest)
    if asked.phone and digits >= 4:
        values["phone"] = "".join(c for c in rest if c.isdigit() or c in "+ ()-").strip()
        rest = "".join(c for c in rest if not (c.isdigit() or c in "+()")).strip(" -")
    elif asked.postcode:
        words = rest.split()
        kept = [word for word in words if not any(c.isdigit() for c in word)]
        values["postcode"] = " ".join(word for word in words if word not in kept).upper()
        rest = " ".join(kept)
    values["name"] = rest.title() if rest.islower() else rest
    return {name: value for name, value in values.items() if value}


CARRIED_FIELDS = ("caller", "rep_name", "rep_basis", "rep_phone", "rep_email", "site_notes", "reason", "asked_by")


@dataclass(frozen=True)
class Typed:
    """What is typed beside a held time. Kept whatever happens to the time."""

    caller: str = "self"
    rep_name: str = ""
    rep_basis: str = ""
    rep_phone: str = ""
    rep_email: str = ""
    site_notes: str = ""
    call_note: str = ""
    reason: str = ""
    asked_by: str = "resident"
    answers: Mapping[str, str] = field(default_factory=dict)

    @property
    def is_empty(self) -> bool:
        """Whether nothing was typed at all."""
        return self == Typed()

    @property
    def is_self(self) -> bool:
        """Whether the resident calls for themselves."""
        return self.caller == "self"

    @property
    def is_other(self) -> bool:
        """Whether the field says that somebody new is calling."""
        return self.caller == "other"

    @property
    def is_asked_by_council(self) -> bool:
        """Whether the council is the one that wants the change."""
        return self.asked_by == "authority"

    @property
    def carried_values(self) -> tuple[tuple[str, str], ...]:
        """The names and values of the fields with one line that are filled in, but for the answers."""
        pairs = ((name, str(getattr(self, name))) for name in CARRIED_FIELDS)
        return tuple((name, value) for name, value in pairs if value)

    @property
    def is_for_other(self) -> bool:
        """Whether somebody new acts for the resident."""
        return self.caller == "other" or bool(self.rep_name)


def read_typed(form: Mapping[str, str]) -> Typed:
    """What `form` brings, as it was typed, without the spaces around it."""

    def text(name: str) -> str:
        return str(form.get(name, "")).strip(" \t\r\n")

    return Typed(
        caller=text("caller") or "self",
        rep_name=text("rep_name"),
        rep_basis=text("rep_basis"),
        rep_phone=text("rep_phone"),
        rep_email=text("rep_email"),
        site_notes=text("site_notes"),
        call_note=text("call_note"),
        reason=text("reason"),
        asked_by="authority" if form.get("asked_by") == "authority" else "resident",
        answers={name.removeprefix(ANSWER): text(name) for name in form if name.startswith(ANSWER) and text(name)},
    )


def cleaned(typed: Typed) -> Typed:
    """`typed` with its notes, reason and answers as they are kept. Raises: Invalid with each that cannot be used."""
    errors: dict[str, list[Reason]] = {}
    texts = {name: _kept(errors, name, getattr(typed, name), parse) for name, parse in TEXTS.items()}
    answers = {key: _kept(errors, f"{ANSWER}{key}", answer, _answer) for key, answer in typed.answers.items()}
    if errors:
        raise Invalid(errors)
    return replace(typed, answers=answers, **texts)


def _kept(errors: dict[str, list[Reason]], name: str, text: str, parse: Parser) -> str:
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
}


def representation_of(typed: Typed, known: Mapping[str, Representation]) -> Representation | None:
    """Who acts for the resident in this booking; None when they act for themselves. Raises: Invalid."""
    if typed.caller in known and not typed.rep_name:
        return known[typed.caller]
    if not typed.is_for_other:
        return None
    errors: dict[str, list[Reason]] = {}
    name = _kept(errors, "rep_name", typed.rep_name, parse_name)
    if not name and "rep_name" not in errors:
        errors["rep_name"] = [Reason("no_representative_name")]
    if typed.rep_basis not in BASES:
        errors["rep_basis"] = [Reason("no_basis")]
    phone = _kept(errors, "rep_phone", typed.rep_phone, parse_phone)
    email = _kept(errors, "rep_email", typed.rep_email, parse_email)
    if errors:
        raise Invalid(errors)
    return Representation(name, typed.rep_basis, email, phone)


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


ON_SCREEN = frozenset({"rep_name", "rep_basis", "rep_phone", "rep_email", "site_notes", "reason", "call_note"})


def field_errors(error: Invalid) -> list[FieldError]:
    """The errors as the summary shows them; one that belongs to no field here leads nowhere."""
    return [
        FieldError(texts[0], name if name in ON_SCREEN or name.startswith(ANSWER) else "")
        for name, texts in field_texts(error, current_language()).items()
    ]
