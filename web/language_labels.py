"""The languages of residents, as staff read them."""

from __future__ import annotations

from datetime import datetime

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from booking.states import ResidentView
from core.language import DEFAULT_LANGUAGE, LANGUAGES
from locations.model import AuthorityFacts
from web.labels import Labels, label_of

NOON = 12

# In which a resident is written and spoken to, by the code that is kept; empty where nobody has asked.
MESSAGE_LANGUAGES: Labels = {"cy": _l("Welsh"), "en": _l("English"), "": _l("Not asked")}


def greeting_in_both(authority: AuthorityFacts, at: datetime) -> str:
    """How a call is opened in Wales, in Welsh and in English, `at` being local; empty elsewhere."""
    if authority.first_language != "cy":
        return ""
    names = {"welsh": authority.translations.get("name_cy") or authority.name, "english": authority.name}
    if at.hour < NOON:
        return str(
            _("“Bore da, %(welsh)s. Good morning, %(english)s. Cymraeg neu Saesneg, Welsh or English?”", **names)
        )
    return str(
        _("“Prynhawn da, %(welsh)s. Good afternoon, %(english)s. Cymraeg neu Saesneg, Welsh or English?”", **names)
    )


def language_to_ring_in(authority: AuthorityFacts, resident: ResidentView) -> str:
    """In which language to ring them: that of an interpreter whom they need, else that of their messages.

    Where a council has several and nobody has asked, it says so; empty where there is nothing to say.
    """
    if resident.language:
        return resident.language
    if len(authority.languages) > 1:
        return label_of(MESSAGE_LANGUAGES, resident.message_language)
    return LANGUAGES.get(resident.message_language, resident.message_language)


def language_besides_english(resident: ResidentView) -> str:
    """In which other language than English to ring them; empty for English, and where nobody has asked."""
    written = resident.message_language
    return resident.language or ("" if written in ("", DEFAULT_LANGUAGE) else label_of(MESSAGE_LANGUAGES, written))


def code_of_language(name: str) -> str:
    """The code of the language that residents can be written to in and that has this name; empty for another one."""
    wanted = name.strip().casefold()
    names = ((code, own, str(MESSAGE_LANGUAGES[code])) for code, own in LANGUAGES.items())
    return next((code for code, *both in names if wanted in map(str.casefold, both)), "")
