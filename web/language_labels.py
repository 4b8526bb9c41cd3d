"""The languages of residents, as staff read them."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

from core.language import LANGUAGES
from web.labels import Labels

# In which a resident is written and spoken to, by the code that is kept; empty where nobody has asked.
MESSAGE_LANGUAGES: Labels = {"cy": _l("Welsh"), "en": _l("English"), "": _l("Not asked")}


def code_of_language(name: str) -> str:
    """The code of the language that residents can be written to in and that has this name; empty for another one."""
    wanted = name.strip().casefold()
    names = ((code, own, str(MESSAGE_LANGUAGES[code])) for code, own in LANGUAGES.items())
    return next((code for code, *both in names if wanted in map(str.casefold, both)), "")
