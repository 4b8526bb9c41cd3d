"""The language of the request, and dates and counts in it: what pages use of `core.language`."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, time

from flask import Flask, g, has_request_context, request
from flask_babel import Babel, Domain, get_locale

from core.language import DEFAULT_LANGUAGE, LANGUAGES, Language, language_for

CURRENT = "current_language"  # in `flask.g`


class CatalogueDomain(Domain):  # type: ignore[misc]  # published without types
    """The texts of `core.language`, so that pages and messages have one catalogue."""

    def get_translations(self) -> object:
        """The texts of the current language."""
        return current_language().translations


def install(app: Flask) -> None:
    """Choose each request's language, and give Flask-Babel our catalogue."""
    Babel(app, locale_selector=_requested)
    app.extensions["babel"].instance.domain_instance = CatalogueDomain()


def current_language() -> Language:
    """The language of this request; a page asks for it with every text."""
    if not has_request_context():
        return language_for(DEFAULT_LANGUAGE)
    known: Language | None = g.get(CURRENT)
    if known is None:
        known = language_for(str(get_locale() or DEFAULT_LANGUAGE))
        setattr(g, CURRENT, known)
    return known


def _requested() -> str:
    if not has_request_context():
        return DEFAULT_LANGUAGE
    return request.accept_languages.best_match(LANGUAGES) or DEFAULT_LANGUAGE


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
