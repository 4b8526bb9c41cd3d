"""The links that this browser opened lately, each by a mark that only a link that still works has."""

from __future__ import annotations

from web.page_context import PageContext

OPENED = "opened:"


def link_mark_of(context: PageContext, reference: str) -> str:
    """The mark of the link by which this browser opened the appointment lately; empty when it did not."""
    return mark_by_name(context, OPENED + reference)


def mark_by_name(context: PageContext, name: str) -> str:
    """The same for what is kept by this name."""
    found = context.kept(name)
    return str(found["mark"]) if found else ""
