"""All contacts with a resident on one page: what is open first, then everything, the newest first."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from booking.use_cases.calls import open_call
from core.errors import InvalidValue
from core.wall_clock import parse_instant
from people.staff.access_marks import requires
from people.staff.policy import Action
from reminders.contact_history_queries import (
    ARRIVED,
    BOOKED,
    CHECKED,
    MESSAGE,
    URGENT,
    WISH,
    HistoryEntry,
    contact_history,
    open_contacts,
)
from web.agent import blueprint
from web.agent.history_labels import CHECK_RESULTS, CONTACT_CHANNELS, HISTORY_KINDS
from web.agent.resident_card import ResidentCard, resident_card
from web.labels import STATES, label_of
from web.message_labels import MESSAGE_CHANNELS, MESSAGE_KINDS, MESSAGE_STATUSES, message_reason
from web.page_context import StaffContext, staff_context
from web.request_language import all_of, format_moment_short

AHEAD = timedelta(days=3_660)  # further than anything is owed: the first page begins there


@dataclass(frozen=True)
class HistoryLine:
    """A contact as it is listed: `about` says of which appointment it is, `href` leads to what can be done."""

    at: datetime
    title: str
    words: str
    about: str
    href: str
    link: str


@blueprint.get("/residents/<int:resident_id>/history")
@requires(Action.SEE_RESIDENT)
def history(resident_id: int) -> ResponseReturnValue:
    """Everything that was said, sent and shown, once it was checked who calls. That somebody looked is logged."""
    with staff_context() as context:
        card = resident_card(context, resident_id, "history")
        if not open_call(context.runtime, context.call_with(resident_id)).check_result:
            return redirect(url_for("agent.call", resident_id=resident_id, _anchor="caller-check-title"), code=303)
        before = _before()
        page = contact_history(context.db, context.authority.id, resident_id, before or context.now + AHEAD)
        still_open = () if before else open_contacts(context.db, context.authority.id, resident_id, context.now)
        about = _appointments(card, context)
        return render_template(
            "agent/history.html",
            card=card,
            zone=context.zone,
            is_first=before is None,
            open_lines=history_lines(still_open, about),
            upcoming=[about[view.reference] for view in card.upcoming] if before is None else [],
            lines=history_lines(page.entries, about),
            older=page.before.isoformat() if page.before else "",
        )


def _before() -> datetime | None:
    """The instant before which the page's contacts were; None for the first page, and for what is no instant."""
    try:
        return parse_instant(request.args.get("before", ""))
    except InvalidValue:
        return None


def _appointments(card: ResidentCard, context: StaffContext) -> dict[str, str]:
    """What each of the resident's appointments is, by its reference."""
    zone = ZoneInfo(context.zone)
    return {
        view.reference: str(
            _(
                "%(what)s, %(moment)s, %(place)s (%(state)s)",
                what=all_of(view.service_names),
                moment=format_moment_short(view.starts_at.astimezone(zone)),
                place=view.site.name,
                state=STATES[view.state],
            )
        )
        for view in (*card.upcoming, *card.past)
    }


def history_lines(entries: Iterable[HistoryEntry], about: Mapping[str, str] | None = None) -> list[HistoryLine]:
    """Contacts as they are listed; `about` says what each appointment is, by its reference."""
    about = about or {}
    return [
        HistoryLine(entry.at, _title(entry), _words(entry), about.get(entry.reference, ""), *_link(entry))
        for entry in entries
    ]


def _title(entry: HistoryEntry) -> str:
    """What it is, over which channel, and by whom."""
    if entry.kind == MESSAGE:
        message = f"{label_of(MESSAGE_KINDS, entry.facts['family'])}, {label_of(MESSAGE_CHANNELS, entry.channel)}"
        return f"{message}: {label_of(MESSAGE_STATUSES, entry.facts['status'])}"
    kind = label_of(HISTORY_KINDS, entry.kind)
    if entry.kind == CHECKED:
        kind = label_of(CHECK_RESULTS, entry.facts["result"])
    channel = label_of(CONTACT_CHANNELS, entry.channel) if entry.channel else ""
    return ", ".join(filter(None, (kind, channel, entry.by)))


def _words(entry: HistoryEntry) -> str:
    return message_reason(entry.facts["reason"]) if entry.kind == MESSAGE else entry.words


def _link(entry: HistoryEntry) -> tuple[str, str]:
    """Where one does something about it, and in which words."""
    if entry.kind in (MESSAGE, BOOKED, ARRIVED) and entry.reference:
        return url_for("messages.account", reference=entry.reference), str(_("Messages"))
    if entry.kind == WISH:
        return url_for("messages.waiting_one", wish=entry.id), str(_("Waiting list"))
    return (url_for("messages.urgent_list"), str(_("Urgent requests"))) if entry.kind == URGENT else ("", "")
