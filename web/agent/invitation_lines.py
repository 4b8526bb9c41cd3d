"""What staff read of an invitation: for what, until when, how it stands, and who is told of it."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from zoneinfo import ZoneInfo

from flask import g
from flask_babel import gettext as _

from booking.invitations.invitation_queries import InvitationView
from booking.invitations.invitation_rules import (
    BY_EMAIL,
    BY_LETTER,
    BY_TEXT,
    BY_VOICE,
    INVITED,
    REMINDER,
    InvitationState,
)
from booking.use_cases.invite import person_of
from core.personal_data import mask_email, mask_phone
from core.tokens import spoken_reference
from people.residents.tables import Resident
from reminders.delivery_decisions import FAILED, PENDING, SENT
from reminders.invitation_mail_queries import MessageFate, fates_of_invitation
from web import labels
from web.agent.invitation_form import TOLD_BY
from web.labels import label_of
from web.message_labels import message_reason
from web.page_context import StaffContext
from web.request_language import all_of, format_day, format_moment_short
from web.told import ToldLine


def state_text(view: InvitationView) -> str:
    """How it stands, in a few words."""
    if view.same_number and not view.done_at:
        return str(_("Two have this number"))
    if view.state is InvitationState.BOOKED:
        return str(_("Booked"))
    if view.state is InvitationState.WAITING:
        return str(_("Waits for their turn on a list"))
    if view.state is InvitationState.WITHDRAWN:
        return str(_("Withdrawn"))
    if view.state is InvitationState.OVER:
        return str(_("Not answered in time"))
    if view.untold:
        return str(_("Could not be told"))
    return str(_("Reminded, not answered yet") if view.reminded_at else _("Not answered yet"))


def _fate_text(fate: MessageFate, zone: ZoneInfo) -> str:
    """What became of a message, in a few words."""
    if fate.state == FAILED:
        return str(_("Did not arrive: %(why)s", why=message_reason(fate.reason)))
    if fate.delivered_at:
        return str(_("Arrived %(moment)s", moment=format_moment_short(fate.delivered_at.astimezone(zone))))
    if fate.state == SENT and fate.closed_at:
        return str(_("Sent %(moment)s", moment=format_moment_short(fate.closed_at.astimezone(zone))))
    return str(_("Waits to be sent") if fate.state == PENDING else _("Not sent: it was not needed any more"))


def lines_of_invitation(context: StaffContext, view: InvitationView) -> Sequence[tuple[str, str]]:
    """The facts of an invitation, for a summary list."""
    fates = {one.kind: one for one in fates_of_invitation(context.db, view.id)}
    times, zone = view.times, ZoneInfo(context.zone)
    invited = format_moment_short(view.invited_at.astimezone(zone))
    by = str(_("%(moment)s, by %(name)s", moment=invited, name=view.invited_by)) if view.invited_by else invited
    remind = ""
    if view.reminded_at:
        at = format_moment_short(view.reminded_at.astimezone(zone))
        remind = _fate_text(fates[REMINDER], zone) if REMINDER in fates else str(_("Sent %(moment)s", moment=at))
    elif view.remind_at:
        remind = str(_("Goes on %(moment)s", moment=format_moment_short(view.remind_at.astimezone(zone))))
    lines = [
        (str(_("For")), view.service.name),
        (str(_("From")), format_day(times.first_date)),
        (str(_("Until")), format_day(times.last_date)),
        (
            str(_("Where")),
            all_of([site.name for site in view.sites]) if view.sites else str(_("Any place that offers it")),
        ),
        (str(_("How")), label_of(labels.MODES, times.mode) if times.mode else str(_("In any way that it is offered"))),
        (str(_("Words")), view.words),
        (str(_("Case number")), view.case_number),
        (
            str(_("Also with this number")),
            spoken_reference(view.same_number) if view.same_number else "",
        ),
        (str(_("Told")), label_of(TOLD_BY, view.told_by) if view.told_by != BY_VOICE else str(_("By a colleague"))),
        (str(_("Message")), _fate_text(fates[INVITED], zone) if INVITED in fates else ""),
        (str(_("Could not be told")), message_reason(view.untold) if view.untold else ""),
        (str(_("Invited")), by),
        (str(_("Reminder")), remind or str(_("None"))),
    ]
    return [(label, text) for label, text in lines if text]


def told_of_inviting(resident: Resident, ways: Collection[str]) -> list[ToldLine]:
    """Who is told of the invitation, for each way that can be chosen."""
    person, name = person_of(resident), resident.name
    texts = {
        BY_EMAIL: _("if by email: the invitation to %(address)s, at once", address=mask_email(person.email)),
        BY_TEXT: _(
            "if by text: the invitation to %(address)s, outside the quiet hours", address=mask_phone(person.phone)
        ),
        BY_LETTER: _("if by letter: the invitation to their address"),
        BY_VOICE: _("if you tell them yourself: no message is sent. The next page has the words and the link"),
    }
    several = len(g.authority.languages) > 1 and not resident.message_language
    both = [ToldLine(str(_("Messages are in Welsh and English.")))] if several else []
    lines = [ToldLine(str(texts[way]), name, is_told=way != BY_VOICE) for way in ways]
    return [*lines, *both, ToldLine(str(_("One reminder goes the same way, if they have not answered.")))]
