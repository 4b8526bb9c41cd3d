"""Who will be told of a change, as the pages say it under the button that makes it. `reminders.expected` decides."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from flask import g
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext

from booking.events import REPRESENTATIVE, RESIDENT
from booking.queries.appointments import AppointmentView
from core.personal_data import mask_email, mask_phone
from reminders.after_kinds import AFTER_VISIT
from reminders.expected import Expected
from reminders.reasons import TOLD_BY_STAFF
from reminders.recipients import BY_HAND, BY_STAFF, CALL, EMAIL, LETTER, MISSED, TEXT, Delivery, family_of
from web.labels import Labels, label_of, phone_of
from web.language_labels import MESSAGE_LANGUAGES
from web.message_labels import LETTER_FORMATS, MESSAGE_KINDS, message_reason
from web.request_language import all_of, format_day_short, format_moment_short

BY_CHANNEL: Labels = {
    EMAIL: _l("%(kind)s by email to %(address)s"),
    TEXT: _l("%(kind)s by text to %(address)s"),
    LETTER: _l("%(kind)s by letter"),
    CALL: _l("%(kind)s: staff ring %(address)s"),
    BY_HAND: _l("%(kind)s: staff make it in the form that they need (%(form)s), and send it"),
}


@dataclass(frozen=True)
class ToldLine:
    """Somebody, and what they are told and how, or why nothing. Without a name it is about everybody.

    `channel` is that of a message that is sent.
    """

    text: str
    name: str = ""
    is_told: bool = True
    channel: str = ""

    @property
    def is_message(self) -> bool:
        """Whether something is written to them: else they know only what they are told by voice."""
        return self.channel not in ("", *BY_STAFF)


def told_lines(found: Sequence[Expected], *, is_undoable: bool = True) -> tuple[ToldLine, ...]:
    """A line for each message that somebody gets at once, one for the reminders, and one for each who is told nothing.

    What goes out in a minute does so because the page that comes next has an Undo, where the change `is_undoable`.
    """
    notices = [one for one in found if not one.is_reminder]
    lines = [line for one in notices for line in _lines(one, is_undoable=is_undoable)]
    lines += _reminder_lines([one for one in found if one.is_reminder], notices)
    return tuple(dict.fromkeys(lines)) or (ToldLine(str(_("Nobody. No message is sent."))),)


def _lines(one: Expected, *, is_undoable: bool = True) -> Iterator[ToldLine]:
    if one.code == TOLD_BY_STAFF:
        yield ToldLine(str(_("told by you now: nobody rings them to say it again")), one.resident)
        return
    if one.delivery is None:
        reason = message_reason(one.code)
        yield ToldLine(" ".join(filter(None, [str(_("not told.")), reason, on_list(one)])), one.resident, is_told=False)
        return
    kind = label_of(MESSAGE_KINDS, family_of(one.kind))
    text = ", ".join(
        [how_text(kind, one.channel, one.delivery), *_language(one), when_text(one, is_undoable=is_undoable)]
    )
    text = f"{text}. {on_list(one)}" if one.is_to_ring else text
    yield ToldLine(text, one.delivery.name, channel=one.channel)
    if one.delivery.acts_for:
        facts = {"name": one.delivery.name}
        yield ToldLine(
            str(_("not told. %(name)s acts for them and is told instead", **facts)), one.resident, is_told=False
        )


def how_text(kind: str, channel: str, delivery: Delivery) -> str:
    """ "Confirmation by text to 07••• ••• 123"."""
    mask = mask_email if channel == EMAIL else mask_phone
    return label_of(BY_CHANNEL, channel) % {
        "kind": kind,
        "address": mask(delivery.address),
        "form": label_of(LETTER_FORMATS, delivery.letter_format),
    }


def _language(one: Expected) -> list[str]:
    """In which languages, where the council has more than one."""
    if len(g.authority.languages) < 2:
        return []
    names = all_of([label_of(MESSAGE_LANGUAGES, code) for code in one.languages])
    return [str(_("in %(languages)s", languages=names))]


def when_text(one: Expected, *, is_undoable: bool = True) -> str:
    """When it goes, and why not at once."""
    if one.paused_by:
        return str(_("held back: paused by %(name)s", name=one.paused_by))
    if one.is_undated:
        return str(_("on a day of the plan that it is given in the trial"))
    at = one.at.astimezone(ZoneInfo(g.authority.zone))
    if one.channel == BY_HAND:
        day = format_day_short(at.date())
        return str(
            _("on the list of what to make now") if one.is_at_once else _("on the list from %(day)s on", day=day)
        )
    if one.is_at_once:
        return str(_("at once"))
    if one.channel == LETTER:
        return str(_("posted on %(day)s", day=format_day_short(at.date())))
    if family_of(one.kind) in AFTER_VISIT and one.is_soon:
        return str(_("in ten minutes, so that it can be corrected"))
    if not one.is_reminder and one.is_soon:
        return str(_("in a minute, so that it can be undone") if is_undoable else _("in a minute"))
    if one.is_reminder or one.channel == EMAIL or family_of(one.kind) == MISSED:
        return str(_("on %(moment)s", moment=format_moment_short(at)))
    if one.safe_hours:
        return str(_("on %(moment)s, when they want to be reached", moment=format_moment_short(at)))
    return str(_("on %(moment)s, after the quiet hours", moment=format_moment_short(at)))


def on_list(one: Expected) -> str:
    """That staff are asked to tell them, and where."""
    if not one.is_to_ring:
        return ""
    return str(_("They are on the list “Could not be sent: ring or write”."))


def _reminder_lines(reminders: Sequence[Expected], notices: Sequence[Expected]) -> list[ToldLine]:
    """The first reminder of each way; one that goes as a notice does says no more than when."""
    same = {one.delivery for one in notices}
    lines, shown = [], set[object]()
    for one in sorted(reminders, key=lambda reminder: reminder.at):
        if one.delivery is None or one.delivery in shown:
            continue
        shown.add(one.delivery)
        if one.delivery in same:
            lines.append(ToldLine(str(_("Reminders go the same way, the first %(when)s", when=when_text(one)))))
        else:
            lines += list(_lines(one))[:1]
    return lines


def heard_by(view: AppointmentView) -> str:
    """Who hears what staff say at `phone_of`: the resident, or else who acts for them; nobody without a number."""
    if view.resident.phone:
        return RESIDENT
    return REPRESENTATIVE if phone_of(view) else ""


def told_counts(found: Iterable[Sequence[Expected]]) -> tuple[ToldLine, ...]:
    """How many people are told by which channel, and how many are not, with the reasons."""
    people = [messages[0] for messages in found if messages]
    channels = Counter(one.channel for one in people if one.delivery)
    reasons = Counter((one.code, one.is_to_ring) for one in people if not one.delivery)
    lines = [
        ToldLine(text, channel=channel)
        for channel, text in (
            (EMAIL, ngettext("%(num)d person by email", "%(num)d people by email", channels[EMAIL])),
            (TEXT, ngettext("%(num)d person by text", "%(num)d people by text", channels[TEXT])),
            (LETTER, ngettext("%(num)d person by letter", "%(num)d people by letter", channels[LETTER])),
            (
                BY_HAND,
                ngettext(
                    "%(num)d person is sent it in another form, which staff make",
                    "%(num)d people are sent it in other forms, which staff make",
                    channels[BY_HAND],
                ),
            ),
            (CALL, ngettext("%(num)d person is rung by staff", "%(num)d people are rung by staff", channels[CALL])),
        )
        if channels[channel]
    ]
    held = Counter(one.paused_by for one in people if one.paused_by)
    for name, number in held.items():
        not_yet = ngettext(
            "%(num)d of them waits: paused by %(name)s", "%(num)d of them wait: paused by %(name)s", number
        )
        lines.append(ToldLine(not_yet % {"name": name}, is_told=False))
    for (code, _is_listed), number in reasons.items():
        not_told = ngettext("%(num)d person is not told.", "%(num)d people are not told.", number)
        lines.append(ToldLine(f"{not_told} {message_reason(code)}", is_told=False))
    return tuple(lines) or (ToldLine(str(_("Nobody. No message is sent."))),)
