"""The words of a council's file, as screens show them."""

from __future__ import annotations

from collections.abc import Mapping

from flask_babel import LazyString
from flask_babel import lazy_gettext as _l

# What the words of the file mean, for radios, lists and previews.
WORDS: Mapping[str, LazyString] = {
    "rule": _l("Nobody else"),
    "preference": _l("Everybody, but we say who it is for"),
    "everybody": _l("No, for everybody"),
    "named_first": _l("Everybody can book, and those who have an adviser see times with them first"),
    "named_only": _l("Nobody else can book"),
    "library": _l("Library"),
    "hub": _l("Hub"),
    "office": _l("Office"),
    "virtual": _l("Virtual: by video and telephone"),
    "desk": _l("Desk"),
    "room": _l("Room"),
    "adviser": _l("Adviser"),
    "interpreter": _l("Interpreter"),
    "virtual_room": _l("Virtual room"),
    "equipment": _l("Equipment"),
    "full": _l("Yes, all of it"),
    "partial": _l("Partly"),
    "none": _l("No"),
    "in_person": _l("In person"),
    "video": _l("By video"),
    "phone": _l("By phone"),
    "england-and-wales": _l("England and Wales"),
    "scotland": _l("Scotland"),
    "northern-ireland": _l("Northern Ireland"),
    "yes": _l("Yes"),
    "no": _l("No"),
    "monday": _l("Monday"),
    "tuesday": _l("Tuesday"),
    "wednesday": _l("Wednesday"),
    "thursday": _l("Thursday"),
    "friday": _l("Friday"),
    "saturday": _l("Saturday"),
    "sunday": _l("Sunday"),
    "en": _l("English"),
    "cy": _l("Welsh"),
    "all": _l("Every other message"),
    "confirmation": _l("Confirmation"),
    "rescheduled": _l("New time"),
    "cancelled": _l("Cancellation"),
    "reminder": _l("Reminder"),
    "arrangement": _l("Word about the interpreter"),
    "offer": _l("Offer of another time"),
    "earlier_time": _l("Offer of an earlier time"),
    "manage_link": _l("Link to manage the appointment"),
    "email": _l("Email"),
    "text": _l("Text message"),
    "letter": _l("Letter"),
    "call": _l("Telephone call by staff"),
}
