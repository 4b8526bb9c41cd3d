"""Kinds of messages switched off and on, and trials of reminders, as lines of the history of the set-up."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from flask import url_for
from flask_babel import gettext as _

from council.message_kind_page import kind_label
from locations.history.change_repository import MOST_SHOWN
from reminders.costs.switch_queries import ENDED, OFF, ON, STARTED, MessageChange, changes_of_messages
from web.manage.past_changes import HistoryLine, who_did
from web.page_context import StaffContext
from web.request_language import format_moment


def message_lines(context: StaffContext) -> list[HistoryLine]:
    """The newest of them."""
    found = changes_of_messages(context.db, context.authority.id, MOST_SHOWN)
    return [_line(context, one) for one in found]


def _line(context: StaffContext, change: MessageChange) -> HistoryLine:
    who = who_did(change.actor_kind, change.actor_name)
    if change.action in (OFF, ON):
        title = str(_("Messages: %(kind)s", kind=kind_label(change.kind)))
        href = url_for("council.message_kind", kind=change.kind)
        return HistoryLine(title, href, change.at, who, _switched(context, change))
    names = {service.id: service.name for service in context.catalogue.services}
    name = names.get(change.service_id or 0) or str(_("A service that is gone"))
    what = {STARTED: _("Two plans tried side by side"), ENDED: _("The trial of two plans ended")}[change.action]
    title = str(_("Reminders: %(service)s", service=name))
    return HistoryLine(title, url_for("council.reminder_trials"), change.at, who, what)


def _switched(context: StaffContext, change: MessageChange) -> str:
    if change.action == ON or change.since is None:
        return str(_("Switched on again"))
    day = format_moment(change.since.astimezone(ZoneInfo(context.zone)))
    return str(_("Switched off for what is due from %(day)s on", day=day))
