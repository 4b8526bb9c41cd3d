"""What the rules of the file say, in the words of the screens: fields by their labels in place of the keys of the file."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from flask import g
from flask_babel import LazyString
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from locations.own_words import translated_key
from web.manage.field_texts import BY_KIND, BY_LIST, OTHERS, text_of_field

# As the file names a thing: service "certify" of site "high-street", 'certify', or a list of them.
_SESSION = re.compile(r'session "[a-z0-9-]+" of site "(?P<site>[a-z0-9-]+)"')
_NAMED = re.compile(
    r"""(?:\b(?P<kind>service|site|resource|person|session) )?(?P<quote>["'])(?P<slug>[a-z0-9]+(?:-[a-z0-9]+)*)(?P=quote)"""
)
_KEY = re.compile(r"\b[a-z]+(?:_[a-z]+)+\b")
# Keys of one word, which are words of other sentences too: only these phrases are about the field.
PHRASES: Mapping[str, tuple[str, ...]] = {
    "successor": ("add successor", "has the successor"),
    "catchment": ("add catchment or",),
    "wards": ("or wards,",),
    "most": ("has most:", "or most smaller"),
}
# What stands in the file alone.
OF_THE_FILE: Mapping[str, LazyString] = {
    "[[services]]": _l("the services"),
    "[[wards]]": _l("the wards"),
    " of [authority]": _l(" of the council"),
    " of this file": _l(" of the council"),
    "keep_days": _l("how long data is kept"),
}
# A thing that is not saved yet has no name here: the form is about it.
KINDS_OF_FILE: Mapping[str, LazyString] = {
    "service": _l("this service"),
    "site": _l("this site"),
    "resource": _l("this desk, room or person"),
    "person": _l("this person"),
    "session": _l("this session"),
}


def screen_text(what: str, kind: str = "") -> str:
    """An error of the file in the words of the screen; `kind` is that of the thing whose form shows it."""
    for phrase, words in OF_THE_FILE.items():
        what = what.replace(phrase, str(words))
    for key, phrases in PHRASES.items():
        for phrase in phrases:
            what = what.replace(phrase, phrase.replace(key, label_of_key(key, kind)))
    return _KEY.sub(lambda match: label_of_key(match[0], kind), _with_names(what))


def _with_names(what: str) -> str:
    """The text with the names of things in place of their short names, which stand on no screen."""
    names, kinds = _names(), KINDS_OF_FILE
    what = _SESSION.sub(
        lambda match: str(_("a session of “%(site)s”", site=names.get(match["site"], match["site"]))), what
    )

    def name_of(match: re.Match[str]) -> str:
        name = names.get(match["slug"])
        if name is not None:
            return f"“{name}”"
        return str(kinds[match["kind"]]) if match["kind"] else match[0]

    return _NAMED.sub(name_of, what)


def _names() -> dict[str, str]:
    """The names of the council's services, sites, resources and people by their short names."""
    catalogue = g.get("catalogue")
    if catalogue is None:
        return {}
    resources = (one for site in catalogue.sites for one in site.resources)
    return {one.slug: one.name for one in (*resources, *catalogue.people, *catalogue.sites, *catalogue.services)}


def label_of_key(key: str, kind: str = "") -> str:
    """The label of a key in quotation marks: as the form of this kind has it, or else any form; unknown, it stays."""
    translated = translated_key(key)
    name = translated[0] if translated else key
    found = next((one for one in _kinds(kind) if name in (BY_KIND.get(one) or BY_LIST.get(one) or OTHERS)), None)
    return key if found is None else f"“{text_of_field(found, key).label}”"


def _kinds(first: str) -> Iterator[str]:
    """The kinds of forms, this one first; what no form of its own has comes last."""
    yield from dict.fromkeys(one for one in (first, *BY_KIND, *BY_LIST, "closure") if one)
