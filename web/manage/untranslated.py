"""What a changed thing of the set-up does not say in the council's other languages, before it is saved."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from flask_babel import gettext as _

from locations.importing.difference import Key
from locations.importing.set_up_tables import Edit
from locations.own_words import OTHER_LANGUAGES, TRANSLATED, key_in
from web.manage.field_texts import text_of_field
from web.manage.field_words import WORDS
from web.manage.set_up_context import Things
from web.request_language import all_of

LISTED = ("council", "site", "service")  # what has a form of its own with such texts
MOST_NAMED = 5


def untranslated_warnings(things: Things, edits: Iterable[Edit], codes: Iterable[str]) -> list[str]:
    """For each of the languages and things: which texts are new or were changed, and are not so in that language."""
    edits = [edit for edit in edits if edit.table is not None]
    return [text for code in codes if code in OTHER_LANGUAGES for edit in edits for text in _texts(things, edit, code)]


class Untranslated(NamedTuple):
    """The name of a thing, and its first field that has a text in English and none in another language."""

    name: str
    field: str


def things_without(things: Things, code: str) -> dict[Key, Untranslated]:
    """What has texts for residents of which some are not in this language, by its key."""
    found = {}
    for key, thing in things.items():
        table, names = thing.table, TRANSLATED.get(key.kind, ()) if key.kind in LISTED else ()
        missing = next((name for name in names if table.get(name) and not table.get(key_in(name, code))), "")
        if missing:
            found[key] = Untranslated(str(table.get("name", "")), key_in(missing, code))
    return found


def new_language_warnings(things: Things, edits: Iterable[Edit]) -> list[str]:
    """What residents would read in English of a language that a council begins to write."""
    texts = []
    for edit in edits:
        before = things[edit.key].table if edit.key in things else {}
        if edit.key.kind != "council" or edit.table is None:
            continue
        for code in edit.table.get("languages", ()):
            without = things_without(things, code) if code in OTHER_LANGUAGES else {}
            if without and code not in before.get("languages", ()):
                texts.append(_in_english(code, without))
    return texts


def _in_english(code: str, without: Mapping[Key, Untranslated]) -> str:
    names = [f"“{one.name}”" for one in without.values()]
    others = len(names) - MOST_NAMED
    named = [*names[:MOST_NAMED], _("%(num)s more", num=others)] if others > 0 else names
    facts = {"language": str(WORDS[code]), "things": all_of(named)}
    return str(
        _(
            "Something of these is not in %(language)s yet, and people who read %(language)s see it in English: "
            "%(things)s. Set-up has the list.",
            **facts,
        )
    )


def _texts(things: Things, edit: Edit, code: str) -> Iterator[str]:
    table = edit.table or {}
    before: Mapping[str, Any] = {} if edit.is_new or edit.key not in things else things[edit.key].table
    changed = [
        name for name in TRANSLATED.get(edit.key.kind, ()) if table.get(name) and table[name] != before.get(name)
    ]
    missing = [name for name in changed if not table.get(key_in(name, code))]
    stayed = [name for name in changed if _stayed(key_in(name, code), before, table)]
    for names, words in ((missing, _missing), (stayed, _not_changed)):
        if names:
            yield words(code, all_of([f"“{text_of_field(edit.key.kind, name).label}”" for name in names]))


def _stayed(key: str, before: Mapping[str, Any], table: Mapping[str, Any]) -> bool:
    return bool(table.get(key)) and table[key] == before.get(key)


def _missing(code: str, fields: str) -> str:
    facts = {"language": str(WORDS[code]), "fields": fields}
    return str(_("There is no %(language)s of %(fields)s: people who read %(language)s see it in English.", **facts))


def _not_changed(code: str, fields: str) -> str:
    facts = {"language": str(WORDS[code]), "fields": fields}
    return str(_("You changed %(fields)s in English, and the %(language)s of it stays as it was.", **facts))
