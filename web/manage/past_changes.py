"""The history of the set-up as its pages show it: a list of changes, and one of them with the button that puts it back."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from flask import render_template

from locations.history.change_repository import PastChange
from locations.importing.set_up_tables import TableChange
from web.changed_meanwhile import NAMELESS
from web.components.form_fields import FieldError
from web.labels import label_of
from web.manage.set_up_words import in_words
from web.page_context import StaffContext


def history_page(
    context: StaffContext, past: Sequence[PastChange], title: str, address: Callable[[PastChange], str], back: str
) -> str:
    """The list; `address` is where one change is shown."""
    return render_template(
        "council/set_up_history.html",
        changes=[(one, address(one), in_words(_table_change(one), context.catalogue), _who(one)) for one in past],
        title=title,
        zone=context.zone,
        back_url=back,
    )


def change_page(
    context: StaffContext, together: Sequence[PastChange], put_back: str, back: str, errors: Sequence[str] = ()
) -> str:
    """One change with what belongs to it, the change itself first; `put_back` is where its button leads."""
    things = [in_words(_table_change(one), context.catalogue) for one in together]
    return render_template(
        "council/set_up_change.html",
        change=together[0],
        words=things[0],
        things=things,
        who=_who(together[0]),
        zone=context.zone,
        errors=[FieldError(text, "") for text in errors],
        has_errors=bool(errors),
        put_back=put_back,
        back_url=back,
    )


def _table_change(past: PastChange) -> TableChange:
    return TableChange(past.key, past.before, past.after)


def _who(past: PastChange) -> str:
    return past.actor_name or label_of(NAMELESS, past.actor_kind)
