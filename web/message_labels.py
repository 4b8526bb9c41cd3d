"""The words for messages: their kinds, what has become of them, and why one was not sent."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

from reminders import reasons
from reminders.failures import FailureKind, FailureResult
from reminders.message_outcomes import ARRIVED_LATE, DELIVERED, ON_ITS_WAY
from reminders.reach import Reach
from web.labels import Labels

# How far somebody was reached who is offered another time.
REACHES: Labels = {
    Reach.ANSWERED: _l("Answered"),
    Reach.RECEIVED: _l("Reached: the message has arrived"),
    Reach.SENT: _l("Sent: we do not know if it has arrived"),
    Reach.WAITING: _l("The message is on its way, or waits for the end of the quiet hours"),
    Reach.FAILED: _l("Not reached: the message could not be sent"),
    Reach.TO_RING: _l("To ring, those who said no among them"),
}
MESSAGE_KINDS: Labels = {
    "confirmation": _l("Confirmation"),
    "contact_changed": _l("Word of other contact details"),
    "rescheduled": _l("New time"),
    "cancelled": _l("Cancellation"),
    "reminder": _l("Reminder"),
    "manage_link": _l("Link to manage the appointment"),
    "arrangement": _l("Word about the interpreter"),
    "handed_over": _l("Word that it was not meant for them"),
    "offer": _l("Offer of another time"),
    "going_ahead": _l("Takes place after all"),
    "earlier_time": _l("Offer of an earlier time"),
    "earlier_gone": _l("Word that another person was quicker"),
    "wish_paused": _l("Word that we offer no more earlier times"),
    "missed": _l("Word to somebody who did not come"),
    "summary": _l("What was done, and what happens next"),
    "no_summary": _l("Word that what we wrote after the visit is not so"),
    "progress": _l("How far it has come after the visit"),
    "to_confirm": _l("Question if they come"),
    "site_message": _l("Message to everybody of a day"),
    "text_answer": _l("Answer to a text"),
    "several_bookings": _l("Question if they booked so many"),
}
# In which somebody reads what we write.
LETTER_FORMATS: Labels = {
    "": _l("As it is"),
    "large_print": _l("Letters in large print"),
    "easy_read": _l("Easy read"),
    "braille": _l("Braille"),
    "audio": _l("Audio"),
    "email": _l("Email instead of letters"),
}
MESSAGE_CHANNELS: Labels = {
    "email": _l("Email"),
    "text": _l("Text message"),
    "letter": _l("Letter"),
    "call": _l("Telephone call by staff"),
    "by_hand": _l("Made and sent by staff"),
}
MESSAGE_STATUSES: Labels = {
    "pending": _l("Waiting"),
    "sent": _l("Sent"),
    "failed": _l("Could not be sent"),
    "in_doubt": _l("Sent, but we do not know if it arrived"),
    "void": _l("Not needed any more"),
    "late": _l("Too late to be of use"),
    "withheld": _l("Not sent"),
}
# A status, and of what was sent whether it arrived, where a provider says so.
MESSAGE_OUTCOMES: Labels = {
    **MESSAGE_STATUSES,
    ON_ITS_WAY: _l("Still on its way"),
    DELIVERED: _l("Arrived"),
    ARRIVED_LATE: _l("Arrived too late"),
}
# What a provider said may follow a reason.
MESSAGE_REASONS: Labels = {
    reasons.SUPERSEDED: _l("The appointment has changed since."),
    reasons.TOO_LATE: _l("It would have been of no use any more."),
    reasons.ARRIVED_TOO_LATE: _l("It arrived when the visit had begun."),
    reasons.GAVE_UP: _l("Gave up after the last try."),
    reasons.INTERNAL_ERROR: _l("A mistake in the program; see the log."),
    reasons.RESULT_NOT_RECORDED: _l("The result could not be recorded in full; see the log."),
    reasons.ARRIVED_EARLIER: _l("It had arrived already."),
    reasons.ARRIVAL_UNKNOWN: _l("The provider could not say whether it has arrived."),
    reasons.PREFERS_LETTERS: _l("Prefers letters: send one, or ring."),
    reasons.NEEDS_FORMAT: _l("They need it in a form that we cannot make: ring them."),
    reasons.MADE_BY_STAFF: _l("A colleague made it in the form that they need, and sent it."),
    reasons.NOT_MADE: _l("It could not be made in the form that they need."),
    reasons.NO_CONTACT_WANTED: _l("Asked not to be contacted."),
    reasons.RUNG_INSTEAD: _l("They asked to be rung about earlier times: they are on the waiting list."),
    reasons.NO_ADDRESS: _l("No email address: ring, or send a letter."),
    reasons.AWAITS_REBOOKING: _l("It cannot take place as booked. Rebook it: until then we remind nobody of it."),
    reasons.TOO_MANY_BOOKINGS: _l(
        "Many appointments were booked online for this address in one day. We asked if it was them."
    ),
    reasons.NOT_THEIRS: _l("They told us that they did not book it."),
    reasons.OTHER_CHANNEL: _l("They are reached in another way now."),
    reasons.UNKNOWN_CHANNEL: _l("This service cannot send this kind of message: tell whoever runs it."),
    reasons.QUIET_HOURS: _l("Not at this hour."),
    reasons.PAUSED: _l("Your council has paused it."),
    reasons.SWITCHED_OFF: _l("Your council has switched off messages of this kind."),
    reasons.TOLD_ALREADY: _l("Another message told them a short time before."),
    reasons.CONFIRMED: _l("They have said that they come."),
    reasons.NOT_TO_CONFIRM: _l("They keep the appointment, whatever they say."),
    reasons.TOLD_BY_STAFF: _l("A colleague told them."),
    reasons.MESSAGE_LEFT: _l("A colleague left a message."),
    reasons.NO_ANSWER: _l("Nobody answered, as often as we ring."),
    reasons.WRONG_NUMBER: _l("The telephone number is wrong."),
    reasons.INVALID_ADDRESS: _l("The email address is not one."),
    reasons.INVALID_SENDER: _l("MAIL_FROM is not an email address."),
    reasons.SERVER_UNUSABLE: _l("The mail server could not be used."),
    reasons.INTERRUPTED: _l("Sending broke off twice. Ring, or ask them if they have it."),
    reasons.SERVER_WENT_AWAY: _l("The mail server went away before it answered."),
    reasons.ADDRESS_NOT_SUPPORTED: _l("The mail server cannot take an address with such letters."),
    reasons.PROVIDER_UNUSABLE: _l("The service that sends this message could not be used."),
    reasons.PROVIDER_WENT_AWAY: _l("The service that sends this message went away before it answered."),
    reasons.PROVIDER_BUSY: _l("Too many messages at once: it is sent a little later."),
    reasons.ALLOWANCE_USED_UP: _l("No more messages may be sent today."),
    reasons.KEY_REFUSED: _l("The key for GOV.UK Notify is not accepted: tell whoever runs this service."),
    reasons.KEY_RESTRICTED: _l("The key for GOV.UK Notify may not send this message: tell whoever runs this service."),
    reasons.CLOCK_DIFFERS: _l("The clock of this service is wrong: tell whoever runs it."),
    reasons.TEMPLATE_UNUSABLE: _l(
        "A template at GOV.UK Notify is missing or not complete: tell whoever runs this service."
    ),
    reasons.INVALID_NUMBER: _l("This is not a phone number that can get texts. Ask for the right one."),
    reasons.RECIPIENT_REFUSED: _l("The address or number was not accepted. Check it."),
    reasons.UNDELIVERABLE_ADDRESS: _l("No letter can be sent to this postal address. Check it."),
    reasons.MESSAGE_TOO_LONG: _l("The message is too long."),
    reasons.ADDRESS_UNKNOWN: _l("The phone number or email address does not exist. Ask for the right one."),
    reasons.NOT_DELIVERED_IN_TIME: _l("It could not be delivered: the phone was off or the mailbox full."),
    reasons.PROVIDER_FAILED: _l("The service that sends this message could not send it."),
    reasons.LETTER_CANCELLED: _l("The letter was stopped before it was printed."),
    reasons.LETTER_UNPRINTABLE: _l("The letter could not be printed."),
    reasons.LETTER_RETURNED: _l("The letter came back. Ask for the right postal address."),
    reasons.MAIL_RETURNED: _l("The email came back. Ask for the right address."),
    reasons.WAVES_OVER: _l("The last day of the list came before it was their turn. They were never invited."),
    reasons.LINK_RENEWED: _l(
        "How they are reached has changed, and the link that they had has ended. Tell them the new one."
    ),
}

# What is wrong with how somebody is reached.
FAILURE_KINDS: Labels = {
    FailureKind.WRONG_NUMBER: _l("The number is wrong, or cannot get texts"),
    FailureKind.NO_ANSWER: _l("Nobody answered, as often as we ring"),
    FailureKind.MAILBOX_FULL: _l("The mailbox is full"),
    FailureKind.REFUSED: _l("The address was refused"),
    FailureKind.RETURNED_MAIL: _l("The email came back"),
    FailureKind.RETURNED_LETTER: _l("The letter came back"),
    FailureKind.OTHER: _l("It could not be sent"),
}
FAILURE_RESULTS: Labels = {
    FailureResult.CORRECTED: _l("Address corrected"),
    FailureResult.RETRIED: _l("Address checked, and tried again"),
    FailureResult.CHECKED: _l("Address checked, and nothing sent again"),
    FailureResult.RUNG: _l("Put on the list of calls"),
    FailureResult.NOTHING: _l("Nothing more to do"),
}


def message_reason(reason: str) -> str:
    """Why a message was not sent, in words. What a provider said stands as it was said."""
    code, detail = reasons.split_reason(reason)
    if not code:
        return reason
    label = str(MESSAGE_REASONS[code])
    return f"{label} {message_reason(detail)}" if detail else label
