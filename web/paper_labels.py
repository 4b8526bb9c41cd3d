"""How papers are taken, and what else pages say of them, in words."""

from __future__ import annotations

from collections.abc import Iterable

from flask_babel import gettext
from flask_babel import lazy_gettext as _l

from web.labels import Labels
from web.request_language import current_language

TAKEN: Labels = {
    "original": _l("the original"),
    "certified": _l("a certified copy"),
    "copy": _l("a copy"),
    "upload": _l("a picture that you send us beforehand"),
}


def taken_text(taken: Iterable[str]) -> str:
    """The ways in which a paper is taken, as a sentence."""
    ways = current_language().one_of(str(TAKEN[way]) for way in taken)
    return str(gettext("We take %(ways)s.", ways=ways))
