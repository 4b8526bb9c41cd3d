"""What is said at the top of a preview of a changed thing: it can be saved so, and is perhaps not what was meant."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from flask_babel import gettext as _

from locations.importing.set_up_tables import Edit, Table
from locations.model import VIRTUAL_SITE
from web.manage.same_names import same_name_warnings
from web.manage.set_up_context import Things
from web.manage.untranslated import new_language_warnings, untranslated_warnings


def warnings_of(things: Things, edits: Iterable[Edit], languages: Iterable[str]) -> list[str]:
    """Names that are there already, virtual sites that nobody can join by video, and texts without translation."""
    edits = tuple(edits)
    return [
        *same_name_warnings(things, edits),
        *(text for edit in edits if edit.key.kind == "site" for text in _way_there(edit.table or {})),
        *untranslated_warnings(things, edits, languages),
        *new_language_warnings(things, edits),
    ]


def _way_there(table: Table) -> Iterator[str]:
    """What is said of a site that people cannot find, or join."""
    if table.get("kind") == VIRTUAL_SITE and not table.get("joining_address"):
        yield _(
            "Nobody could join it by video: enter “Address for video”. It can stay empty if people are only rung, "
            "or if each adviser has an address of their own."
        )
    if table.get("kind") not in (None, VIRTUAL_SITE) and not (table.get("address") and table.get("postcode")):
        yield _("Residents could not find it: enter its address and postcode.")
