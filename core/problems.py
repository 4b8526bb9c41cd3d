"""One table that turns an error's code into a status and into words; pages and the API share it."""

from __future__ import annotations

from dataclasses import dataclass, is_dataclass
from http import HTTPStatus

from core.error_texts import text_of
from core.errors import ServiceError
from core.language import Language


@dataclass(frozen=True)
class Problem:
    """What to answer: the stable `code`, the HTTP status, a title, and what the person can do about it."""

    code: str
    status: int
    title: str
    words: str


def _(text: str) -> str:
    """Mark for translation; `web.app` translates when a page is drawn."""
    return text


_TABLE = (
    Problem("validation", 422, _("There is a problem"), _("Something in what you sent cannot be used.")),
    Problem("not_found", 404, _("Page not found"), _("We cannot find that here.")),
    Problem("not_allowed", 403, _("Not allowed"), _("You cannot do that.")),
    Problem("slot_taken", 409, _("That time has gone"), _("Somebody else has just taken that time. Choose another.")),
    Problem(
        "hold_expired", 410, _("Your time ran out"), _("We could not keep the time any longer. Choose a time again.")
    ),
    Problem("too_soon", 409, _("That time is too soon"), _("It is too late to do this online. Ring us instead.")),
    Problem("too_far", 409, _("That time is too far away"), _("You cannot book that far ahead yet.")),
    Problem(
        "limit_reached",
        409,
        _("You already have an appointment"),
        _("You have as many appointments for this service as you can book. Cancel one, or ring us."),
    ),
    Problem("illegal_move", 409, _("That cannot be done now"), _("The appointment has changed since you opened it.")),
    Problem(
        "link_ended",
        410,
        _("This link has ended"),
        _("It was for an appointment that is over. Ring us if you need help."),
    ),
    Problem(
        "stale", 409, _("This has changed"), _("It has changed since you opened the page. Check it, and send it again.")
    ),
    Problem(
        "idempotency_mismatch", 422, _("That was sent already"), _("This form was sent before with other answers.")
    ),
    Problem("rate_limited", 429, _("Too many tries"), _("You have tried many times in a short time. Wait a little.")),
    Problem("refused", 409, _("That cannot be done"), _("The council's rules do not allow this.")),
    Problem("delivery_failed", 502, _("The message was not sent"), _("We could not send the message.")),
)
PROBLEMS = {problem.code: problem for problem in _TABLE}
UNKNOWN = Problem("error", 500, _("Sorry, there is a problem"), _("Something went wrong on our side. Try again later."))
_CODE_OF_STATUS = {400: "validation", 404: "not_found", 403: "not_allowed", 410: "hold_expired", 429: "rate_limited"}


def problem_of(error: ServiceError) -> Problem:
    """The table's row for `error`, or the row for what nobody foresaw."""
    return PROBLEMS.get(error.code, UNKNOWN)


def text_of_error(error: ServiceError, language: Language) -> str:
    """The text of the error's own reason, else what the table says of its kind."""
    if error.reason is not None:
        return text_of(error.reason, language)
    has_words = not is_dataclass(error) and error.args and isinstance(error.args[0], str)
    return str(error) if has_words else language.gettext(problem_of(error).words)


def problem_of_status(status: int) -> Problem:
    """A row for an HTTP status that was not raised by one of our errors (400, 404, 405, 413, ...)."""
    phrase = HTTPStatus(status).phrase if status in HTTPStatus._value2member_map_ else "Error"
    code = _CODE_OF_STATUS.get(status, phrase.lower().replace(" ", "_"))  # method_not_allowed, and so on
    known = PROBLEMS.get(code)
    if known is not None and known.status == status:
        return known
    if status >= 500:
        return Problem("error", status, UNKNOWN.title, UNKNOWN.words)
    return Problem(code, status, known.title if known else phrase, known.words if known else phrase)
