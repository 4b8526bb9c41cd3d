"""How residents will be told of what a button does, as it stands under the button. `reminders.expected` decides."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from flask import g
from flask_babel import LazyString
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from core.personal_data import mask_email, mask_phone
from reminders.contacts import Contacts
from reminders.expected import Expected
from reminders.expected_queries import NewVisit, expected_of_change, expected_of_contacts, expected_of_moves
from reminders.reasons import NO_CONTACT_WANTED, SILENCE
from reminders.recipients import BY_HAND, CALL, EMAIL, LETTER, TEXT
from web.labels import Labels, label_of
from web.page_context import PageContext
from web.request_language import format_day_short, format_moment_short
from web.resident.appointment_page import AppointmentPage

CONFIRMED: Labels = {
    EMAIL: _l("We confirm it by email to %(address)s."),
    TEXT: _l("We confirm it by text message to %(address)s."),
    LETTER: _l("We confirm it by letter to your address."),
    CALL: _l("We ring %(address)s to confirm it."),
    BY_HAND: _l("We send you the confirmation in the form that you asked for."),
}
REMINDED: Labels = {
    EMAIL: _l("We remind you by email to %(address)s."),
    TEXT: _l("We remind you by text message to %(address)s."),
    LETTER: _l("We remind you by letter to your address."),
    CALL: _l("We ring %(address)s to remind you."),
    BY_HAND: _l("We send you a reminder in the form that you asked for."),
}
# The codes of the languages that a council may have, in their order.
IN_LANGUAGES: Mapping[tuple[str, ...], LazyString] = {
    ("cy",): _l("The messages are in Welsh."),
    ("en",): _l("The messages are in English."),
    ("cy", "en"): _l("The messages are in Welsh and English."),
}


def told_of_booking(context: PageContext, contacts: Contacts, visit: NewVisit) -> tuple[str, ...]:
    """How somebody with these contacts is told that the visit is booked."""
    return told_you(expected_of_contacts(context.db, context.authority, contacts, visit, context.now))


def told_of_move(page: AppointmentPage, starts_at: datetime) -> tuple[str, ...]:
    """How whoever has the appointment is told that it has another time."""
    context, id_ = page.context, page.view.id
    moved = expected_of_moves(context.db, context.authority, {id_: starts_at}, context.now, by_staff=False)
    return told_you(moved[id_])


def told_of_cancelling(page: AppointmentPage) -> tuple[str, ...]:
    """How whoever has the appointment is told that it is cancelled."""
    context = page.context
    return told_you(
        expected_of_change(context.db, context.authority, page.view.id, "cancelled", context.now, by_staff=False)
    )


def told_you(found: Sequence[Expected]) -> tuple[str, ...]:
    """How the message of a change goes, and when if not at once; how reminders do; and in which languages."""
    notices = [one for one in found if not one.is_reminder]
    reminders = sorted((one for one in found if one.is_reminder and one.delivery), key=lambda one: one.at)
    sent = [one for one in notices if one.delivery]
    lines = [line for one in notices for line in _of_notice(one)] or [_("We send you no message about it.")]
    if reminders and sent and reminders[0].delivery == sent[0].delivery:
        lines.append(_("We remind you in the same way."))
    elif reminders:
        lines.append(_said(REMINDED, reminders[0]))
    if len(g.authority.languages) > 1 and (told := [*sent, *reminders]):
        lines.append(str(IN_LANGUAGES.get(tuple(sorted(told[0].languages)), "")))
    return tuple(filter(None, dict.fromkeys(lines)))


def _of_notice(one: Expected) -> Iterator[str]:
    if one.delivery is None:
        yield _not_told(one)
        return
    yield _said(CONFIRMED, one)
    if one.paused_by:
        yield _("It may take longer than usual.")
    elif one.channel == LETTER:
        yield _("We post it on %(day)s.", day=format_day_short(_local(one).date()))
    elif not one.is_at_once and one.channel != BY_HAND:
        yield _("That will be on %(moment)s.", moment=format_moment_short(_local(one)))


def _not_told(one: Expected) -> str:
    if one.code == NO_CONTACT_WANTED:
        return str(_("We send you no message, as you asked."))
    if one.code in SILENCE or not one.is_to_ring:
        return str(_("We send you no message about it."))
    return str(_("We cannot send you an email or a text about it. We try to reach you in another way."))


def _said(words: Labels, one: Expected) -> str:
    address = one.delivery.address if one.delivery else ""
    mask = mask_email if one.channel == EMAIL else mask_phone
    return label_of(words, one.channel) % {"address": mask(address)}


def _local(one: Expected) -> datetime:
    return one.at.astimezone(ZoneInfo(g.authority.zone))
