"""What the fields of the set-up are called on screens, and what helps to fill them in. One text for each key of the file."""

from __future__ import annotations

from collections.abc import Mapping

from flask_babel import LazyString
from flask_babel import lazy_gettext as _l

from locations.own_words import translated_key
from web.manage.field_words import WORDS
from web.manage.paper_field_texts import PAPER
from web.manage.service_field_texts import DOCUMENT_CASE, QUESTION, SERVICE
from web.manage.session_field_texts import RELEASE, SESSION, FieldText, Texts
from web.manage.session_field_texts import field_text as _t
from web.manage.triage_field_texts import TRIAGE_ANSWER, TRIAGE_OUTCOME, TRIAGE_QUESTION

_NAME = _t(_l("Name"))
_LEAD = _l("Residents cannot book later than this. In minutes: a day is 1440")
_CUTOFF = _l("Residents cannot cancel later than this. In minutes: a day is 1440")
_HORIZON = _l("In days: 56 are eight weeks")
_LIMIT = _l("Open appointments of one person for one service")
_PHONE = _l("For example, 020 7946 0000")
_SENDER = _l("Its id at GOV.UK Notify. Texts say “reply” only with it: a text under a name cannot be answered")
_SKILLS = _l("Separate them with commas. For example: housing, benefits")
_POINT = _l("On the National Grid, in metres. Leave both empty, and the postcode says where it is")
_JOIN = _l("Where residents join by video. {room} stands for each appointment’s own room")

COUNCIL: Texts = {
    "name": _t(_l("Name of the council")),
    "zone": _t(_l("Time zone"), _l("For example, Europe/London")),
    "division": _t(_l("Whose bank holidays count?")),
    "brand_colour": _t(_l("Colour"), _l("Of the top of every page. For example, #1d4f7c")),
    "logo": _t(_l("Logo")),
    "service_order": _t(_l("Order on the first page")),
    "phone": _t(_l("Telephone"), _PHONE),
    "email": _t(_l("Email address"), _l("Residents see it as the way to write to you")),
    "opening_words": _t(_l("Heading of your first page"), _l("For example, “Book an appointment with the council”")),
    "publishes_availability": _t(_l("May anybody see free times by program?")),
    "closes_on_bank_holidays": _t(_l("Are your places shut on bank holidays?")),
    "lead_minutes": _t(_l("Shortest time before an appointment"), _LEAD),
    "horizon_days": _t(_l("How far ahead can people book?"), _HORIZON),
    "open_limit": _t(_l("How many appointments may somebody have?"), _LIMIT),
    "cancel_cutoff_minutes": _t(_l("Last time to cancel or change"), _CUTOFF),
    "extra_time_minutes": _t(_l("Extra time for those who need it"), _l("In minutes")),
    "interpreter_lead_days": _t(_l("Days that you need to find an interpreter")),
    "ask_why_looking": _t(
        _l("Do staff say why they open the page of a resident?"),
        _l(
            "They are asked once in two hours for each, not for lists. It stands in the record of what staff did and saw"
        ),
    ),
    "bsl_contact": _t(_l("Contact in British Sign Language"), _l("A web address, or words that say how")),
    "text_number": _t(
        _l("Number for texts"),
        _l("If people can reply to your texts. Leave it empty if texts show your name as the sender"),
    ),
    "text_sender_id": _t(_l("Sender of texts with that number"), _SENDER),
    "quiet_from": _t(
        _l("No texts and no calls from"), _l("For example, 21:00. A visit that is cancelled is told at any hour")
    ),
    "quiet_until": _t(_l("No texts and no calls until"), _l("For example, 08:00")),
    "reminders_apart_hours": _t(
        _l("Hours between two reminders"),
        _l("A reminder that would come sooner after another is left out. 0 sends each"),
    ),
    "text_pence": _t(
        _l("What does one part of a text cost you, in pence?"),
        _l("A text of more than 160 characters is two parts. Leave it empty if you do not know. For example, 2.33"),
    ),
    "letter_pence": _t(_l("What does a letter cost you, in pence?"), _l("With the postage. For example, 61")),
    "missed_visit_pounds": _t(
        _l("What does a missed visit cost you, in pounds?"),
        _l("Only if you have worked it out: then reminders say it. Empty: nothing says it. For example, 30"),
    ),
    "missed_message_hours": _t(_l("Hours until you write to somebody who did not come"), _l("Empty: no message")),
    "urgent_email": _t(
        _l("Who gets an email when nobody takes an urgent request?"),
        _l("After 15 minutes without a name. Empty: nobody, and the alarm is on the home page of staff alone"),
    ),
    "receipts_go_by": _t(
        _l("How do batches of receipts reach your back office?"),
        _l("The folder is made by whoever runs the service. A batch keeps the way that it began with"),
    ),
    "rebook_within_miles": _t(
        _l("How many miles away may the other place be?"),
        _l("Where the place that somebody booked is shut. 0: no other place"),
    ),
    "rebook_answer_hours": _t(
        _l("For how many hours do you hold the other time?"),
        _l("Until somebody answers. It ends two hours before that time at the latest"),
    ),
    "rebook_notice_hours": _t(
        _l("Within how many hours do you ring instead of writing?"),
        _l("Who would have come so soon is on the list to ring"),
    ),
    "reminder_plan": _t(_l("Reminders")),
    "message_channels": _t(_l("How messages are sent")),
    "languages": _t(_l("Languages of residents’ pages and messages")),
    "first_language": _t(
        _l("In which language do you write first?"),
        _l("To people whom nobody has asked. If it is not English, they get both languages in one message"),
    ),
    "school_holidays": _t(_l("School holidays")),
}
SITE: Texts = {
    "name": _t(_l("Name of the site")),
    "kind": _t(_l("What kind of place is it?")),
    "address": _t(_l("Address"), _l("Without the postcode. Not for a virtual site")),
    "postcode": _t(_l("Postcode"), _l("It says how far people have to go. Not for a virtual site")),
    "features": _t(_l("What it has"), _l("Separate them with commas. For example: step-free, hearing-loop")),
    "phone": _t(_l("Telephone"), _PHONE),
    "opening_words": _t(_l("What people read first about it"), _l("On its page, and where messages say where to come")),
    "directions": _t(_l("How to find the entrance")),
    "easting": _t(_l("Easting of the place"), _POINT),
    "northing": _t(_l("Northing of the place"), _POINT),
    "joining_address": _t(_l("Address for video"), _JOIN),
    "rings_from": _t(_l("Which number do you ring from?"), _l("For appointments by telephone")),
    "ring_minutes": _t(_l("How long after the start may you ring?"), _l("In minutes, for appointments by telephone")),
    "closes_on_bank_holidays": _t(_l("Is it shut on bank holidays?")),
    "has_kiosk": _t(
        _l("Is there a screen at which people say that they are here?"),
        _l("The waiting room of the site has the link that makes a browser that screen"),
    ),
    "display_sounds": _t(
        _l("Does the display make a sound when somebody is called?"),
        _l("Press “Switch on the sound” on it once a day: browsers make no sound before"),
    ),
    "display_speaks": _t(
        _l("Does the display read aloud who is called?"), _l("The number, the desk, and a first name where it is shown")
    ),
    "closed_from": _t(_l("Shut for good from"), _l("The first day on which it is. Leave it empty if it stays open")),
    "successor": _t(_l("Which site takes its place?")),
    "where_to_go": _t(_l("Where do people go instead?"), _l("What they read when it is shut for good")),
}
RESOURCE: Texts = {
    "name": _NAME,
    "kind": _t(_l("What is it?")),
    "seats": _t(_l("How many people at a time?"), _l("1, or more for groups")),
    "skills": _t(_l("Skills, or what it has"), _SKILLS),
    "joining_address": _t(_l("Address for video"), _JOIN),
}
PERSON: Texts = {
    "name": _NAME,
    "kind": _t(_l("What do they do?")),
    "skills": _t(_l("Skills"), _SKILLS),
}
REQUIREMENT: Texts = {
    "kind": _t(_l("One of these is needed")),
    "skills": _t(_l("With these skills or features"), _SKILLS),
}
REMINDER: Texts = {
    "kind": _t(
        _l("Name of the reminder"), _l("Leave it empty, and it is named by its time. A name begins with reminder_")
    ),
    "days_before": _t(_l("Days before"), _l("With a time of day")),
    "at": _t(_l("At"), _l("For example, 09:00")),
    "minutes_before": _t(_l("Or minutes before"), _l("Instead of days and a time")),
}
_IF_NOT = _l("If they cannot be reached by those before it. Leave it open for no other way")
MESSAGE_CHANNEL: Texts = {
    "message": _t(_l("Which message?"), _l("“Every other message” is for what has no line of its own")),
    "first": _t(_l("First by"), _l("Somebody who prefers another of these ways gets it in that way first")),
    "second": _t(_l("Then by"), _IF_NOT),
    "third": _t(_l("After that by"), _IF_NOT),
    "fourth": _t(_l("Last by"), _IF_NOT),
}
SCHOOL_HOLIDAY: Texts = {
    "name": _t(_l("Name of the holiday"), _l("For example, Easter holidays")),
    "first_date": _t(_l("First day without school")),
    "last_date": _t(_l("Last day without school")),
}
_KEPT = _l("In days after somebody’s last appointment. Leave it empty to keep it as long as is allowed")
PRIVACY: Texts = {
    "controller": _t(_l("Who answers for personal data?"), _l("Leave it empty when it is the council by its name")),
    "address": _t(_l("Address of whoever answers for it")),
    "registration": _t(_l("Number in the register"), _l("Of the Information Commissioner. For example, Z1234567")),
    "officer_email": _t(_l("Email address of the data protection officer")),
    "officer_phone": _t(_l("Telephone of the data protection officer"), _PHONE),
    "notice_url": _t(_l("Web address of the council’s privacy notice")),
    "processors": _t(_l("Who else works with the data?"), _l("One on each line")),
    "keep_identity": _t(_l("How long do you keep names and dates of birth?"), _KEPT),
    "keep_contact": _t(_l("How long do you keep telephone numbers and email addresses?"), _KEPT),
    "keep_needs": _t(_l("How long do you keep what support people need?"), _KEPT),
    "keep_story": _t(_l("How long do you keep notes and reasons?"), _KEPT),
    "keep_message": _t(_l("How long do you keep messages?"), _KEPT),
    "keep_document": _t(_l("How long do you keep pictures and files of documents?"), _KEPT),
}
ACCESSIBILITY: Texts = {
    "status": _t(_l("Do the pages meet the standard for accessibility?"), _l("WCAG 2.2, level AA")),
    "problems": _t(_l("What is not accessible?"), _l("One on each line")),
    "tested_by": _t(_l("Who tested the pages?")),
    "prepared": _t(_l("When was the statement written?")),
    "reviewed": _t(_l("When was it last looked through?")),
    "answer_days": _t(_l("Within how many working days do you answer?")),
}
TRAVEL: Texts = {
    "from": _t(_l("From this site")),
    "to": _t(_l("To this site")),
    "minutes": _t(_l("How long does it take?"), _l("In minutes, in either direction")),
}
WARD: Texts = {"name": _t(_l("Name of the ward")), "postcodes": _t(_l("Postcodes in it"))}
TRIAGE: Texts = {
    "name": _t(_l("Name of the triage")),
    "services": _t(_l("Services that it stands in front of")),
    "topics": _t(_l("Topics that it stands in front of")),
    "front_page": _t(_l("Is it on the first page?")),
    "first": _t(_l("First question")),
    "questions": _t(_l("Questions")),
    "outcomes": _t(_l("Outcomes")),
}
OTHERS: Texts = {
    "slug": _t(_l("Short name")),
    "from": _t(_l("From")),
    "to": _t(_l("To")),
    "minutes": _t(_l("Minutes")),
    "privacy": _t(_l("Privacy notice")),
    "accessibility": _t(_l("Accessibility statement")),
    "starts_at": _t(_l("From")),
    "ends_at": _t(_l("Until")),
    "site": _t(_l("Site")),
    "resource": _t(_l("What is shut")),
    "service": _t(_l("Service")),
    "mode": _t(_l("How")),
    "count": _t(_l("How many of them")),
    "travel": _t(_l("Travel time")),
}
BY_KIND: Mapping[str, Texts] = {
    "council": COUNCIL,
    "site": SITE,
    "resource": RESOURCE,
    "person": PERSON,
    "service": SERVICE,
    "ward": WARD,
    "triage": TRIAGE,
    "triage_question": TRIAGE_QUESTION,
    "triage_outcome": TRIAGE_OUTCOME,
    "session": SESSION,
    "privacy": PRIVACY,
    "accessibility": ACCESSIBILITY,
}
# The tables inside those of a thing.
BY_LIST: Mapping[str, Texts] = {
    "triage_questions": QUESTION,
    "documents_by_case": DOCUMENT_CASE,
    "documents_by_rule": PAPER,
    "requirements": REQUIREMENT,
    "reminder_plan": REMINDER,
    "message_channels": MESSAGE_CHANNEL,
    "school_holidays": SCHOOL_HOLIDAY,
    "exceptions": SESSION,
    "releases": RELEASE,
    "travel": TRAVEL,
    "answers": TRIAGE_ANSWER,
}
KINDS: Mapping[str, LazyString] = {
    "council": _l("Council"),
    "site": _l("Site"),
    "resource": _l("Desk, room or person of a site"),
    "person": _l("Person who works at several sites"),
    "service": _l("Service"),
    "ward": _l("Ward"),
    "triage": _l("Triage"),
    "session": _l("Session"),
    "closure": _l("Closure"),
    "privacy": _l("Privacy notice"),
    "accessibility": _l("Accessibility statement"),
    "travel time": _l("Travel time"),
}


def text_of_field(kind: str, name: str) -> FieldText:
    """The text of a key of a thing, or of a table inside it."""
    texts = BY_KIND.get(kind) or BY_LIST.get(kind) or OTHERS
    translated = translated_key(name)
    if translated is None:
        return texts.get(name) or OTHERS[name]
    english, language = texts[translated[0]], WORDS[translated[1]]
    label = _l("%(field)s (%(language)s)", field=english.label, language=language)
    return FieldText(label, _l("If you leave it empty, people read the English"))
