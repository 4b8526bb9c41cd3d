"""The language of the request, and dates and counts in it: what pages use of `core.language`."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime, time
from typing import Any

from flask import Flask, Response, g, has_request_context, request, session
from flask_babel import Babel, Domain

from core.language import DEFAULT_LANGUAGE, LANGUAGES, InEnglish, Language, best_language, language_for
from locations.reserved_slugs import RESERVED_SLUGS

CURRENT = "current_language"  # in `flask.g`: the council's languages, and the language
LANGUAGE = "language"  # in the browser's session: what somebody has chosen
OF_LINK = "language_of_link"  # in the browser's session: of the text or letter from which somebody came
CHOICE = "lang"  # in an address: what somebody chooses now
# What addresses begin with that residents do not read. Staff have English alone; their calendars name no council.
ENGLISH_ALONE = frozenset(RESERVED_SLUGS) - {"manage", "r", "s", "feeds", "api"}


class CatalogueDomain(Domain):  # type: ignore[misc]  # published without types
    """The texts of `core.language`, so that pages and messages have one catalogue."""

    def get_translations(self) -> object:
        """The texts of the current language."""
        return current_language().translations


def install(app: Flask) -> None:
    """Choose each request's language, and give Flask-Babel our catalogue."""
    Babel(app, locale_selector=lambda: current_language().code)
    app.extensions["babel"].instance.domain_instance = CatalogueDomain()
    # Flask-Babel's own look up a domain and its context first, for each of a page's hundred texts.
    app.jinja_env.install_gettext_callables(  # type: ignore[attr-defined]  # of Jinja's extension for texts
        gettext=lambda text: current_language().translations.gettext(text),
        ngettext=lambda one, many, number: current_language().translations.ngettext(one, many, number),
        newstyle=True,
    )
    app.before_request(_keep_choice)
    app.after_request(_name_language)


def current_language() -> Language:
    """The language of this request; a page asks for it with every text."""
    if not has_request_context():
        return language_for(DEFAULT_LANGUAGE)
    council = g.get("authority")
    known: tuple[object, Language] | None = g.get(CURRENT)
    if known is None or known[0] is not council:
        known = (council, language_for(_requested(council)))
        setattr(g, CURRENT, known)
    return known[1]


def only_in_english(text: str) -> str:
    """A text of the council that has no translation, an adviser's name say: marked on a page in another language."""
    return InEnglish(text) if text and current_language().code != DEFAULT_LANGUAGE else text


def languages_of(council: Any) -> Sequence[str]:
    """The codes of the languages in which a council has its pages."""
    return getattr(council, "languages", None) or (DEFAULT_LANGUAGE,)


def other_languages() -> list[tuple[str, str]]:
    """The languages, code and own name, to which a resident's page can be switched; none on pages for staff."""
    offered = languages_of(g.get("authority")) if _is_for_residents() else ()
    return [(code, LANGUAGES[code]) for code in offered if code != current_language().code]


def language_to_keep() -> str:
    """The code of the language in which a resident is written to from now on; empty where the council gives no choice."""
    return current_language().code if len(languages_of(g.get("authority"))) > 1 else ""


def _is_for_residents() -> bool:
    return request.path.split("/")[1] not in ENGLISH_ALONE


def _requested(council: object) -> str:
    """What was chosen with this browser, else that of the text whose link was opened, else what the browser asks for.

    It is always one of the languages that the council has.
    """
    if not _is_for_residents():
        return DEFAULT_LANGUAGE
    if request.path.startswith("/api/"):
        return request.accept_languages.best_match(LANGUAGES) or DEFAULT_LANGUAGE
    if council is None:  # a page of no council, for which nobody but the visitor has chosen
        return str(session.get(LANGUAGE, DEFAULT_LANGUAGE))
    offered = languages_of(council)
    if len(offered) == 1:
        return offered[0]
    chosen = session.get(LANGUAGE) or session.get(OF_LINK, "")
    return best_language(offered, chosen if chosen in offered else request.accept_languages.best_match(offered) or "")


def choose_language(code: str) -> None:
    """Keep for this browser in which language its pages are."""
    if code in LANGUAGES and session.get(LANGUAGE) != code:
        session[LANGUAGE] = code


def follow_link(code: str) -> None:
    """Keep in which language the text or letter was that brought somebody here; what they have chosen counts before it."""
    if code in LANGUAGES and session.get(OF_LINK) != code:
        session[OF_LINK] = code
        g.pop(CURRENT, None)


def _keep_choice() -> None:
    """Keep what the address chooses, whatever the page turns out to be."""
    code = request.args.get(CHOICE, "")
    if code and _is_for_residents() and not request.path.startswith("/api/"):
        choose_language(code)


def _name_language(response: Response) -> Response:
    """Say in which language a page is, and that it depends on what the visitor chose, where there is a choice."""
    if response.mimetype == "text/html" and other_languages():
        response.headers["Content-Language"] = current_language().code
        response.vary.update(("Accept-Language", "Cookie"))
    return response


def format_time(at: datetime | time) -> str:
    """ "10:30am"."""
    return current_language().time(at)


def format_day(day: date) -> str:
    """ "Tuesday 24 November 2026"."""
    return current_language().day(day)


def format_day_short(day: date) -> str:
    """ "Tue 24 Nov"."""
    return current_language().day_short(day)


def format_moment(at: datetime) -> str:
    """ "Tuesday 24 November 2026 at 10:30am"."""
    return current_language().moment(at)


def format_moment_short(at: datetime) -> str:
    """ "Tue 24 Nov 10:30am"."""
    return current_language().moment_short(at)


def format_month(day: date) -> str:
    """ "November 2026"."""
    return current_language().month(day)


def format_birth_date(day: date | None) -> str:
    """ "14 March 1970"; empty for none."""
    return f"{day.day} {format_month(day)}" if day else ""


def format_minutes(minutes: int) -> str:
    """ "1 hour 30 minutes"."""
    return current_language().minutes(minutes)


def format_miles(miles: float | None) -> str:
    """ "1.4 miles"."""
    return current_language().miles(miles)


def all_of(names: Iterable[str]) -> str:
    """ "A, B and C"."""
    return current_language().all_of(names)


def day_names() -> tuple[str, ...]:
    """Monday to Sunday."""
    return current_language().day_names


def day_names_short() -> tuple[str, ...]:
    """Mon to Sun."""
    return current_language().day_names_short
