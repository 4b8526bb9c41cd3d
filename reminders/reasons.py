"""Why a message was not sent, or not yet, as codes. Their texts for staff stand in `web.labels`. Pure.

A reason is a code, or a code and what a provider said about it ("gave_up: 451 busy"), or what a provider said alone.
"""

from __future__ import annotations

SUPERSEDED = "superseded"  # the appointment has changed since
TOO_LATE = "too_late"  # of no use any more
ARRIVED_TOO_LATE = "arrived_too_late"  # when the visit had begun
GAVE_UP = "gave_up"  # after the last try, in records of before
INTERNAL_ERROR = "internal_error"  # a mistake in the program, which the log describes
RESULT_NOT_RECORDED = "result_not_recorded"  # in full; the log says why
ARRIVED_EARLIER = "arrived_earlier"  # the provider has it from a try whose result was lost
ARRIVAL_UNKNOWN = "arrival_unknown"  # the provider could not say whether it has it

PREFERS_LETTERS = "prefers_letters"
NO_CONTACT_WANTED = "no_contact_wanted"
NEEDS_FORMAT = "needs_format"  # a form that only staff make, in which nothing of this kind is made
MADE_BY_STAFF = "made_by_staff"  # in the form that they need, and sent
NOT_MADE = "not_made"  # staff could not make it in that form in time
NO_ADDRESS = "no_address"
RUNG_INSTEAD = "rung_instead"  # about earlier times, as they asked
AWAITS_REBOOKING = "awaits_rebooking"  # it cannot take place as booked: nobody is reminded to come
TOO_MANY_BOOKINGS = "too_many_bookings"  # made online for one address in a day: nobody has shown that it is theirs
NOT_THEIRS = "not_theirs"  # cancelled by the owner of the address, who had not booked it
OTHER_CHANNEL = "other_channel"  # the person is reached by another channel now
UNKNOWN_CHANNEL = "unknown_channel"  # no channel of this name is registered

QUIET_HOURS = "quiet_hours"  # or hours in which they do not want to be reached
PAUSED = "paused"  # by the council, until it was of no use any more
SWITCHED_OFF = "switched_off"  # the council sends no message of this kind
TOLD_ALREADY = "told_already"  # a short time ago, by another message
CONFIRMED = "confirmed"  # they have said that they come
NOT_TO_CONFIRM = "not_to_confirm"  # they do not lose the time, whatever they say

TOLD_BY_STAFF = "told_by_staff"  # they were rung, or told in another way
MESSAGE_LEFT = "message_left"  # where nobody answered the telephone
NO_ANSWER = "no_answer"  # rung as often as we ring
WRONG_NUMBER = "wrong_number"

INVALID_ADDRESS = "invalid_address"
INVALID_SENDER = "invalid_sender"  # MAIL_FROM is no address
SERVER_UNUSABLE = "server_unusable"
INTERRUPTED = "interrupted"  # the process that sent it ended twice before the result was known
SERVER_WENT_AWAY = "server_went_away"  # after it had taken the text, before it answered
ADDRESS_NOT_SUPPORTED = "address_not_supported"  # letters in the address that the server cannot take

# Of a provider that is reached over HTTP.
PROVIDER_UNUSABLE = "provider_unusable"  # it cannot be reached, or is out of order
PROVIDER_WENT_AWAY = "provider_went_away"  # after it may have taken the message
PROVIDER_BUSY = "provider_busy"  # too many requests in a minute
ALLOWANCE_USED_UP = "allowance_used_up"  # no more messages today
KEY_REFUSED = "key_refused"  # NOTIFY_API_KEY is wrong or was withdrawn
KEY_RESTRICTED = "key_restricted"  # a key for the team, a service on trial, or one that may not send this kind
CLOCK_DIFFERS = "clock_differs"  # by more than 30 seconds from the provider's
TEMPLATE_UNUSABLE = "template_unusable"  # it is missing there, or lacks a placeholder
INVALID_NUMBER = "invalid_number"  # no telephone number that gets texts
RECIPIENT_REFUSED = "recipient_refused"
UNDELIVERABLE_ADDRESS = "undeliverable_address"  # of a letter
MESSAGE_TOO_LONG = "message_too_long"
ADDRESS_UNKNOWN = "address_unknown"  # the provider says that there is no such number or address
NOT_DELIVERED_IN_TIME = "not_delivered_in_time"  # the telephone was off or the mailbox full for days
PROVIDER_FAILED = "provider_failed"  # it lost the message
LETTER_CANCELLED = "letter_cancelled"
LETTER_UNPRINTABLE = "letter_unprintable"
LETTER_RETURNED = "letter_returned"  # the post brought it back
MAIL_RETURNED = "mail_returned"  # a mail server took it, and wrote later that it cannot be delivered
WAVES_OVER = "waves_over"  # of an invitation: the last day of its list came before its wave
LINK_RENEWED = "link_renewed"  # of an invitation: it was sent to where they are not reached any more

SILENCE = frozenset({TOO_MANY_BOOKINGS, NOT_THEIRS})  # nothing more is sent about the appointment
CODES = frozenset(
    {
        SUPERSEDED,
        TOO_LATE,
        ARRIVED_TOO_LATE,
        GAVE_UP,
        INTERNAL_ERROR,
        RESULT_NOT_RECORDED,
        ARRIVED_EARLIER,
        ARRIVAL_UNKNOWN,
        PREFERS_LETTERS,
        NO_CONTACT_WANTED,
        RUNG_INSTEAD,
        NEEDS_FORMAT,
        MADE_BY_STAFF,
        NOT_MADE,
        NO_ADDRESS,
        AWAITS_REBOOKING,
        TOO_MANY_BOOKINGS,
        NOT_THEIRS,
        OTHER_CHANNEL,
        UNKNOWN_CHANNEL,
        QUIET_HOURS,
        PAUSED,
        SWITCHED_OFF,
        TOLD_ALREADY,
        CONFIRMED,
        NOT_TO_CONFIRM,
        TOLD_BY_STAFF,
        MESSAGE_LEFT,
        NO_ANSWER,
        WRONG_NUMBER,
        INVALID_ADDRESS,
        INVALID_SENDER,
        SERVER_UNUSABLE,
        INTERRUPTED,
        SERVER_WENT_AWAY,
        ADDRESS_NOT_SUPPORTED,
        PROVIDER_UNUSABLE,
        PROVIDER_WENT_AWAY,
        PROVIDER_BUSY,
        ALLOWANCE_USED_UP,
        KEY_REFUSED,
        KEY_RESTRICTED,
        CLOCK_DIFFERS,
        TEMPLATE_UNUSABLE,
        INVALID_NUMBER,
        RECIPIENT_REFUSED,
        UNDELIVERABLE_ADDRESS,
        MESSAGE_TOO_LONG,
        ADDRESS_UNKNOWN,
        NOT_DELIVERED_IN_TIME,
        PROVIDER_FAILED,
        LETTER_CANCELLED,
        LETTER_UNPRINTABLE,
        LETTER_RETURNED,
        MAIL_RETURNED,
        LINK_RENEWED,
        WAVES_OVER,
    }
)
REASON_LENGTH = 300  # of the columns that keep one


def with_detail(code: str, detail: str) -> str:
    """`code` and what a provider said about it, in one text that fits its column."""
    return f"{code}: {detail}"[:REASON_LENGTH] if detail else code


def split_reason(reason: str) -> tuple[str, str]:
    """The code at the beginning of `reason`, or nothing, and the rest."""
    code, _, detail = reason.partition(": ")
    return (code, detail) if code in CODES else ("", reason)
