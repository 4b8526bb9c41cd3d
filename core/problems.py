"""One table that turns an error's code into a status and into words; pages and the API share it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, is_dataclass
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any

from core.error_texts import text_of
from core.errors import Invalid, ServiceError
from core.language import Language


@dataclass(frozen=True)
class Problem:
    """What to answer: the stable `code`, the HTTP status, a title, and what the person can do about it."""

    code: str
    status: int
    title: str
    detail: str


def _(text: str) -> str:
    """Mark a text for translation; whoever draws the page or the answer translates it."""
    return text


TOO_LARGE = _("What you sent is too large. Send at most 1 MB at once.")
# By the code of the error. Programs get the row's own code: the contract has one for all input that cannot be used.
PROBLEMS: Mapping[str, Problem] = {
    "validation": Problem("validation", 422, _("There is a problem"), _("Something in what you sent cannot be used.")),
    "bad_request": Problem("validation", 400, _("There is a problem"), _("Something in what you sent cannot be used.")),
    "not_found": Problem("not_found", 404, _("Page not found"), _("We cannot find that here.")),
    "not_authenticated": Problem(
        "not_allowed", 401, _("Unauthorized"), _("Send a working API key: Authorization: Bearer KEY.")
    ),
    "not_allowed": Problem("not_allowed", 403, _("Not allowed"), _("You cannot do that.")),
    "slot_taken": Problem(
        "slot_taken", 409, _("That time has gone"), _("Somebody else has just taken that time. Choose another.")
    ),
    "hold_expired": Problem(
        "hold_expired", 410, _("Your time ran out"), _("We could not keep the time any longer. Choose a time again.")
    ),
    "too_soon": Problem(
        "too_soon", 409, _("That time is too soon"), _("It is too late to do this online. Contact us instead.")
    ),
    "too_far": Problem("too_far", 409, _("That time is too far away"), _("You cannot book that far ahead yet.")),
    "limit_reached": Problem(
        "limit_reached",
        409,
        _("You already have an appointment"),
        _("You have as many appointments for this service as you can book. Cancel one, or contact us."),
    ),
    "same_time": Problem(
        "same_time", 409, _("You have another appointment then"), _("You already have an appointment at that time.")
    ),
    "illegal_move": Problem(
        "illegal_move", 409, _("That cannot be done now"), _("The appointment has changed since you opened it.")
    ),
    "not_here_today": Problem(
        "not_allowed", 409, _("The appointment is not here today"), _("It is on another day, or at another place.")
    ),
    "nobody_more_today": Problem(
        "not_allowed", 409, _("Nobody is seen any more today"), _("Book an appointment, or come on another day.")
    ),
    "address_too_long": Problem(
        "address_too_long", 414, _("This address is too long"), _("We cannot read an address that long. Start again.")
    ),
    "link_ended": Problem(
        "link_ended",
        410,
        _("This link has ended"),
        _("It was for an appointment that is over. Contact us if you need help."),
    ),
    "stale": Problem(
        "stale", 409, _("This has changed"), _("It has changed since you opened the page. Check it, and send it again.")
    ),
    "idempotency_mismatch": Problem(
        "idempotency_mismatch", 422, _("That was sent already"), _("This form was sent before with other answers.")
    ),
    "rate_limited": Problem(
        "rate_limited",
        429,
        _("Too many tries"),
        _("You, or somebody who shares your internet address, have tried many times in a short time."),
    ),
    "refused": Problem("refused", 409, _("That cannot be done"), _("The council's rules do not allow this.")),
    "invalid_file": Problem(
        "invalid_file", 422, _("The file cannot be used"), _("Put what is wrong with it right, and send it again.")
    ),
    "delivery_failed": Problem(
        "delivery_failed", 502, _("The message was not sent"), _("We could not send the message.")
    ),
    "unavailable": Problem(
        "unavailable",
        503,
        _("Sorry, the service is not working for a moment"),
        _("Something that we need does not answer at the moment. Try again in a few seconds."),
    ),
    "error": Problem(
        "error", 500, _("Sorry, there is a problem"), _("Something went wrong on our side. Try again later.")
    ),
}
RETRY_SECONDS = 5  # after what is unavailable
UNKNOWN = PROBLEMS["error"]
_CODE_OF_STATUS = {
    400: "validation",
    403: "not_allowed",
    404: "not_found",
    410: "hold_expired",
    414: "address_too_long",
    429: "rate_limited",
}


def problem_of(error: ServiceError) -> Problem:
    """The table's row for `error`; the last one for a code that has none."""
    return PROBLEMS.get(error.code, UNKNOWN)


def problem_of_status(status: int) -> Problem:
    """A row for an HTTP status that was not raised by one of our errors (400, 404, 405, 413, ...)."""
    phrase = HTTPStatus(status).phrase if status in HTTPStatus._value2member_map_ else "Error"
    code = _CODE_OF_STATUS.get(status, phrase.lower().replace(" ", "_"))  # method_not_allowed, and so on
    known = PROBLEMS.get(code)
    if known is not None and known.status == status:
        return known
    if status >= 500:
        return Problem("error", status, UNKNOWN.title, UNKNOWN.detail)
    return Problem(code, status, known.title if known else phrase, known.detail if known else phrase)


def text_of_error(error: ServiceError, language: Language) -> str:
    """The text of the error's own reason, else what the table says of its kind."""
    if error.reason is not None:
        return text_of(error.reason, language)
    return language.gettext(problem_of(error).detail)


def title_of_error(error: ServiceError, language: Language) -> str:
    """What the table calls this kind of error."""
    return language.gettext(problem_of(error).title)


def field_texts(error: Invalid, language: Language) -> dict[str, list[str]]:
    """What to do about each field that cannot be used, by the field's name."""
    return {name: [text_of(reason, language) for reason in reasons] for name, reasons in error.errors.items()}


def joined_texts(error: Invalid, language: Language) -> str:
    """What to do about all fields, for a place that has no fields of its own."""
    return " ".join(text for texts in field_texts(error, language).values() for text in texts)


def details(error: ServiceError, language: Language) -> dict[str, Any]:
    """The body that tells a program of `error`, with the error's facts. Source: RFC 9457."""
    detail, facts = text_of_error(error, language), _facts(error)
    if isinstance(error, Invalid):
        texts = field_texts(error, language)
        facts = {"errors": texts}
        detail = " ".join(f"{name}: {' '.join(found)}" for name, found in texts.items()) or detail
    return details_of_problem(problem_of(error), language, detail) | facts


def details_of_problem(problem: Problem, language: Language, detail: str = "") -> dict[str, Any]:
    """The body that tells a program of a problem that no error of ours stands for. Source: RFC 9457."""
    return {
        "type": "about:blank",
        "title": language.gettext(problem.title),
        "status": problem.status,
        "detail": detail or language.gettext(problem.detail),
        "code": problem.code,
    }


def _facts(error: ServiceError) -> dict[str, Any]:
    """The attributes that the kind of error has besides its reason: a limit, states, alternatives."""
    if not is_dataclass(error):
        return {}
    found = {field.name: getattr(error, field.name) for field in fields(error)}
    return {name: _plain(value) for name, value in found.items() if value is not None}


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    return value if isinstance(value, int | list) else str(value)
