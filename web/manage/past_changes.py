"""The history of the set-up as its pages show it: a list of changes, and one of them with the button that puts it back."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from flask import render_template
from flask_babel import gettext as _

from locations.history.change_repository import PastChange
from locations.importing.set_up_tables import TableChange
from web.changed_meanwhile import NAMELESS
from web.components.form_fields import FieldError
from web.labels import label_of
from web.manage.set_up_words import in_words
from web.page_context import StaffContext


@dataclass(frozen=True)
class HistoryLine:
    """A change as the list shows it: what was changed, where more of it stands, when, by whom, and how."""

    title: str
    href: str
    at: datetime
    who: str
    what: str


def history_line(context: StaffContext, past: PastChange, href: str) -> HistoryLine:
    """A change of the set-up as the list shows it."""
    words = in_words(_table_change(past), context.catalogue)
    labels = "; ".join(value.label for value in words.values)
    what = _("Added") if words.is_added else _("Removed") if words.is_removed else _("Changed: %(what)s", what=labels)
    return HistoryLine(words.title, href, past.at, who_did(past.actor_kind, past.actor_name), str(what))


def history_page(
    context: StaffContext,
    past: Sequence[PastChange],
    title: str,
    address: Callable[[PastChange], str],
    back: str,
    also: Sequence[HistoryLine] = (),
) -> str:
    """The list, with `also` what is no change of a table; `address` is where one change is shown."""
    lines = [*(history_line(context, one, address(one)) for one in past), *also]
    newest_first = sorted(lines, key=lambda line: line.at, reverse=True)
    return render_template(
        "council/set_up_history.html", changes=newest_first, title=title, zone=context.zone, back_url=back
    )


def change_page(
    context: StaffContext,
    together: Sequence[PastChange],
    put_back: str,
    back: str,
    errors: Sequence[str] = (),
    beside: Sequence[PastChange] = (),
) -> str:
    """One change with what belongs to it, the change itself first; `put_back` is where its button leads.

    `beside` was changed at the same time, and can be put back with it.
    """
    things = [in_words(_table_change(one), context.catalogue) for one in together]
    return render_template(
        "council/set_up_change.html",
        change=together[0],
        words=things[0],
        things=things,
        beside=[in_words(_table_change(one), context.catalogue) for one in beside],
        who=who_did(together[0].actor_kind, together[0].actor_name),
        zone=context.zone,
        errors=[FieldError(text, "") for text in errors],
        has_errors=bool(errors),
        put_back=put_back,
        back_url=back,
    )


def _table_change(past: PastChange) -> TableChange:
    return TableChange(past.key, past.before, past.after)


def who_did(actor_kind: str, actor_name: str) -> str:
    """Who made a change: a name, or what made it."""
    return actor_name or label_of(NAMELESS, actor_kind)
