"""The other languages of a page, with the address of the page in each: a place in a search or a booking stays what it is."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import parse_qsl, urlencode, urlsplit

from flask import request

from web.address_meant import page_of
from web.request_language import CHOICE, other_languages
from web.typed_before import TYPED


@dataclass(frozen=True)
class LanguageSwitch:
    """A language to which the page with this address can be switched: its code and its own name."""

    code: str
    name: str
    page: str

    @property
    def address(self) -> str:
        """The address of the page in it."""
        return with_arguments(self.page, **{CHOICE: self.code})

    @property
    def path(self) -> str:
        """The address of the page without its arguments."""
        return urlsplit(self.page).path


def language_switches() -> list[LanguageSwitch]:
    """The other languages of this page; none where there is no choice."""
    return [LanguageSwitch(code, name, page_here()) for code, name in other_languages()]


def page_here() -> str:
    """The address at which this page can be opened: of what a form led to, the page above it where it has none."""
    path, page = request.path, page_of(request.path)
    query = request.query_string.decode() if page == path else ""
    return with_arguments(f"{page}?{query}")


def with_arguments(address: str, **more: str) -> str:
    """The address with these arguments behind its own, in place of an earlier choice of a language."""
    parts = urlsplit(address)
    own = [
        (name, value) for name, value in parse_qsl(parts.query, keep_blank_values=True) if name not in (CHOICE, TYPED)
    ]
    query = urlencode([*own, *more.items()])
    return f"{parts.path}?{query}" if query else parts.path
