"""The answer when something that the service stands on does not work: 503, when to try again, and what was typed."""

from __future__ import annotations

from dataclasses import dataclass

from flask import Response, render_template, request
from werkzeug.exceptions import HTTPException

from core.errors import ResultUnknown, Unavailable
from core.problems import RETRY_SECONDS, problem_of, text_of_error
from web.request_language import current_language


@dataclass(frozen=True)
class Kept:
    """A form as it was sent: where to, its fields, and the names of the passwords, which have to be typed again."""

    action: str
    fields: tuple[tuple[str, str], ...]
    passwords: tuple[str, ...]

    @property
    def is_done_once(self) -> bool:
        """Whether it carries a key, so that sending it again cannot do it twice."""
        return any(name == "idempotency_key" and value for name, value in self.fields)


def outage_page(error: Unavailable) -> Response:
    """The page that says so, with the form in it that was sent."""
    problem, language = problem_of(error), current_language()
    page = render_template(
        "errors/503.html",
        problem=problem,
        title=language.gettext(problem.title),
        detail=text_of_error(error, language),
        is_unknown=isinstance(error, ResultUnknown),
        kept=_kept_form(),
        here=_here(),
        is_staff=False,  # their menu would read the database
    )
    return with_retry_after(Response(page, status=problem.status, mimetype="text/html"))


def with_retry_after(response: Response) -> Response:
    """`response`, which says when to try again."""
    response.headers["Retry-After"] = str(RETRY_SECONDS)
    return response


def _kept_form() -> Kept | None:
    if request.method != "POST":
        return None
    try:
        sent = list(request.form.items(multi=True))
    except HTTPException:  # too long, or cut off: nothing that could be sent again
        return None
    passwords = tuple(dict.fromkeys(name for name, _ in sent if _is_password(name)))
    return Kept(_here(), tuple(field for field in sent if not _is_password(field[0])), passwords)


def _is_password(name: str) -> bool:
    return "password" in name.lower()


def _here() -> str:
    """This address again. Not as it was sent: one that begins with two slashes would lead to another host."""
    path = "/" + request.full_path.rstrip("?").lstrip("/\\")
    return f"{request.script_root}{path}"
