"""The text of each reason for a refusal: the domain names a reason and its facts, people and programs read these texts.

A text says what to do about it. `text_of` gives it in a language; tests hold that every reason that is raised has one,
and that its facts are those that the text names.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from core.caller_texts import CALLER_TEXTS
from core.errors import Reason
from core.invitation_texts import INVITATION_TEXTS
from core.language import Language
from core.message_texts import MESSAGE_TEXTS
from core.rota_texts import ROTA_TEXTS
from core.value_texts import VALUE_TEXTS
from core.visit_texts import VISIT_TEXTS


def _(text: str) -> str:
    """Mark a text for translation; `text_of` translates it."""
    return text


BOOKING_TEXTS: Mapping[str, str] = {
    "another_time_chosen": _("Another time was chosen meanwhile. Check it, and confirm again."),
    "appointment_changed": _("The appointment has changed since the page was opened."),
    "appointment_id_unknown": _("There is no appointment %(id)s."),
    "appointment_unknown": _("There is no appointment with this reference."),
    "adviser_not_for_service": _("Choose an adviser who does this."),
    "adviser_of_another_site": _(
        "Their adviser for this works at another site. Only staff who see to that site can change it."
    ),
    "advisers_changed": _("A colleague has changed who is named. Look at it, and send it again."),
    "adviser_of_others": _("This time is with an adviser whom this person does not have. Choose another time."),
    "adviser_taken": _("The adviser is not free at this time any more. Choose another time."),
    "area_postcode": _("This is for people who live in some areas. Give the postcode where they live. %(instead)s"),
    "arrangement_unknown": _("Use one of: %(known)s."),
    "channel_unknown": _("Use one of: %(known)s."),
    "hold_expired": _("The time that was kept for you has run out. Choose it again."),
    "key_reused": _("This key was used for a different request. Send a new Idempotency-Key."),
    "length_changed": _("How long this visit takes has changed. Search again, and choose a time."),
    "link_ended": _("This link has ended."),
    "link_unknown": _("This link does not work."),
    "needs_not_met": _("The time that is held does not offer: %(needs)s. Choose a time that does."),
    "need.step-free": _("step-free access"),
    "need.hearing-loop": _("hearing loop"),
    "need.extra-time": _("extra time"),
    "no_day_chosen": _("Choose a day first."),
    "no_feed_name": _("Enter a name, for example who reads this calendar."),
    "no_email_for_video": _("Enter an email address, so that we can send you the link for the video"),
    "no_name": _("Enter a name."),
    "no_other_resource": _("Nothing else is free here at that time. Move the appointment, or cancel it."),
    "no_phone_to_ring": _("Enter the phone number that we should ring"),
    "closure_ends_first": _("It must open again after it shuts. Give a later end."),
    "closure_mode_elsewhere": _("Nobody comes to this site in this mode, so it cannot be shut there."),
    "closure_topic_of_others": _("The service is not of this topic. Choose the service alone, or the topic alone."),
    "closure_over": _("This would be over already. Give an end that is still to come."),
    "closure_resource_unknown": _("There is no such resource there."),
    "closure_service_unknown": _("There is no such service."),
    "closure_site_unknown": _("There is no such site."),
    "closure_too_long": _("A closure is at most five years long. Give an earlier end."),
    "closure_topic_unknown": _("No service has this topic."),
    "closure_unknown": _("There is no such closure."),
    "no_reason_for_cancelling": _("Say why the appointment is cancelled."),
    "no_reason_for_cancelling_by_phone": _("Say why the council cancels the appointment"),
    "no_reason_for_correction": _("Say why you are putting this right."),
    "no_reason_for_moving": _("Say why the council moves the appointment"),
    "no_missing_document": _("Say which document was missing."),
    "no_reason_not_completed": _("Say why it could not be completed."),
    "no_service_chosen": _("Choose a service first."),
    "not_bookable_online": _("This cannot be booked online."),
    "not_offered_here": _("This place does not offer that. Choose another time or place."),
    "not_open_then": _("This place does not offer that at this time any more. Choose another time."),
    "named_adviser_only": _("This is for people who have an adviser already. %(instead)s"),
    "named_adviser_reason": _("This is for people with their own adviser. Say why you book it all the same"),
    "only_with_adviser": _("This is with the adviser whom they have, who has a time soon enough. %(instead)s"),
    "no_adviser_known": _("Nobody is named as their adviser for this, and they have seen none."),
    "not_to_rebook": _("This appointment can take place as booked. Nothing was changed."),
    "not_of_this_resident": _("This resident has no such appointment."),
    "site_closed_then": _("This place is closed then now. Choose another time."),
    "numbers_not_asked": _("Send one number for each service that counts something, up to its most."),
    "slot_and_hold": _("Send either a slot or a hold, not both."),
    "slot_in_demand": _("Many people want this time at this moment. Choose another."),
    "slot_of_another_authority": _("This slot belongs to another authority."),
    "slot_of_another_council": _("This is not a slot of this council. Ask for its availability."),
    "slot_of_another_length": _(
        "This slot is for a longer or shorter visit than the appointment. Search with the appointment's own numbers, or "
        "say that you change them."
    ),
    "slot_of_another_service": _("This slot is for another service. Ask for the appointment's own services."),
    "outside_area": _("This is not for people who live there. %(instead)s"),
    "ward_file_empty": _("There is no postcode in this file."),
    "ward_file_too_long": _("The file has more than %(most)s postcodes. Is it of your council alone?"),
    "ward_name_too_long": _("The name of the ward has more than %(most)s characters."),
    "ward_postcode_twice": _("%(postcode)s is in the ward %(ward)s on line %(line)s. Leave it in one ward."),
    "ward_unknown": _(
        "We do not know in which ward this postcode lies, so we cannot say whether this is for you. Ask us: %(ask)s"
    ),
    "outside_area_reason": _("They live outside the areas that this is for, or we do not know. Say why you book it"),
    "same_resident": _("This visit is theirs already. Choose somebody else."),
    "slot_taken": _("This time is not free any more. Choose another."),
    "slot_unknown": _("This is not a slot of this service. Ask for availability and send one of its slots."),
    "text_too_long": _("Use %(longest)s characters or fewer."),
    "time_of_another_service": _("This time is for something else. Choose a time for your appointment."),
    "time_of_another_council": _("This time belongs to another council."),
    "too_many_feeds": _("There are %(most)s addresses already. Revoke one first."),
    "until_out_of_range": _("Give a date from today on, and within two years."),
    "wish_told_by_unreachable": _("We have nothing to reach them by in this way. Choose another one"),
    "wish_for_nobody": _("Say who waits: an appointment, or a resident."),
    "wish_hours": _("The latest time has to be after the earliest one."),
    "wish_service_unknown": _("Send one to four services that can be booked, each once."),
    "wish_site_unknown": _("There is no such site."),
    "wish_too_late": _("The appointment is today: no day before it is left."),
    "wish_unknown": _("Nobody waits with this number."),
    "wish_until_past": _("Send today, or a day after it."),
    "wish_without_contact": _("Give an email address or a phone number, so that we can tell them."),
}
PLACE_TEXTS: Mapping[str, str] = {
    "calendar_kind": _("Choose what kind of calendar it is"),
    "calendar_of_nobody": _("There is nobody and nothing of that name any more."),
    "calendar_twice": _("This calendar is there already"),
    "too_many_calendars": _("There are %(most)s calendars already. Remove one first"),
    "authority_unknown": _("There is no authority %(slug)r. There are: %(known)s."),
    "council_unknown": _("There is no such council here."),
    "no_authority_at_all": _("Say whose: ?authority=SLUG. There are: none yet."),
    "no_authority_yet": _("There is no authority %(slug)r. There are: none yet."),
    "no_site_yet": _("There is no site %(slug)r here. There are: none yet."),
    "place_unknown": _("There is no such place."),
    "postcode_unknown": _("We do not know this postcode. Send one like N12 0GA, or its first part."),
    "say_which_authority": _("Say whose: ?authority=SLUG. There are: %(known)s."),
    "service_unknown": _("%(authority)s has no service %(key)r."),
    "site_slug_unknown": _("There is no site %(slug)r here. There are: %(known)s."),
    "site_unknown": _("%(authority)s has no site %(key)r."),
}
PEOPLE_TEXTS: Mapping[str, str] = {
    "account_deactivated": _("%(email)s was deactivated. Use another email address, or reactivate it first."),
    "erase_after_appointment": _(
        "%(reference)s: this resident has an appointment to come. Cancel it first, then erase."
    ),
    "email_has_account": _("Somebody has an account with this email address already. Use another email address."),
    "email_of_another_authority": _("%(email)s works for another authority already. Use another email address."),
    "key_unknown": _("There is no key %(prefix)r here."),
    "key_without_name": _("Give the key a name that says which program uses it."),
    "last_admin": _("%(email)s is the last administrator who can sign in. Make somebody else an administrator first."),
    "no_basis": _("Choose on what basis they act"),
    "no_representative_name": _("Enter the name of the person who acts for the resident"),
    "no_scope": _("The scopes are %(known)s. Give at least one."),
    "not_an_email": _("%(given)r is not an email address: %(why)s."),
    "no_second_step": _("%(email)s has no second step of signing in."),
    "note_too_long_or_empty": _("Write a note of at most %(longest)s characters."),
    "password_too_easy": _(
        "This password is easy to guess. Use three random words, without names, dates or your email address."
    ),
    "password_too_short": _("Use a password of at least %(shortest)s characters: three random words, say."),
    "no_shared_hours": _(
        "They may be rung from %(one)s in one record, and from %(other)s in the other. Ask them, and correct one first."
    ),
    "merge_unknown": _("There is no such merge."),
    "merge_undone_already": _("This was undone already."),
    "merge_too_old_to_undo": _("It cannot be undone any more: that is possible for %(days)s days."),
    "later_merge_first": _("The record was merged again since. Undo the later merge first."),
    "record_changed": _("The details have changed since the page was opened."),
    "reference_unknown": _("There is no appointment with the reference %(reference)r here."),
    "resident_unknown": _("There is no such resident."),
    "role_not_held": _("%(email)s does not have the role %(role)s there."),
    "role_not_yours": _(
        "An administrator gives this role. You give the roles of site staff and advisers at your own sites."
    ),
    "role_of_row_unknown": _("There is no such role. Write one of: %(known)s."),
    "rows_too_many": _("The file has more than %(most)s lines. Split it into several."),
    "site_of_row_unknown": _(
        "There is no site called %(site)s. Write its name as the set-up has it, or leave it empty for all sites."
    ),
    "role_unknown": _("There is no role %(role)r. Roles: %(known)s."),
    "role_without_site": _("%(role)s covers the whole authority: leave out the site."),
    "scopes_unknown": _("The scopes are %(known)s. There is no %(unknown)s."),
    "staff_unknown": _("Nobody here has the email %(email)r."),
    "too_few_facts": _("Tick %(needed)s things that they got right, or say why you did not ask"),
    "wrong_password": _("Enter the email address and password that belong together."),
}
REQUEST_TEXTS: Mapping[str, str] = {
    "cursor_unknown": _("This is not a cursor of this list. Begin again without one."),
    "key_too_long": _("Use at most %(longest)s characters."),
    "key_without_scope": _("This key does not have the scope %(scope)s."),
    "not_a_json_object": _("Send a JSON object."),
    "not_json": _("The body is not JSON that can be read."),
    "nothing_here": _("There is nothing here."),
    "result_unknown": _(
        "We do not know whether this was done: the answer was lost on its way. Look before you send it again."
    ),
    "scale_loaded_already": _("The authority scale is there already. Use a fresh database for another size."),
    "wrong_field": "%(message)s",  # what marshmallow says of a field of the API; for programmers, in English
}
# Of a file of bookings: what is wrong, and what to do.
IMPORT_TEXTS: Mapping[str, str] = {
    "import_acting_without_name": _(
        "Nobody is named who acts for the resident. Fill in acting_name, or leave this empty."
    ),
    "import_beyond_horizon": _(
        "This is further ahead than the service can be booked, which is until %(last)s. Give the service a longer horizon "
        "in the council's file, or import this booking later."
    ),
    "import_changed_since": _(
        "This booking was imported before, as %(reference)s, and the file says something else of it now. Change the "
        "appointment in Front Door, and take the line out of the file."
    ),
    "import_code_unknown": _("Use one of: %(known)s."),
    "import_column_missing": _("The file has no such column, and it is needed. Add it to the first line."),
    "import_column_twice": _("This column stands there twice. Leave one of them out."),
    "import_column_unknown": _("There is no such column. Use these names in the first line: %(known)s."),
    "import_empty": _(
        "The file is empty. Begin with a line of column names; docs/appointments-file.md has an example."
    ),
    "import_encoding": _("This cannot be read as text. Save the file as CSV with the encoding UTF-8."),
    "import_in_the_past": _("This time is past. Take the line out of the file."),
    "import_language_missing": _("Say which language they need an interpreter for."),
    "import_mode_not_offered": _("%(site)s does not hold this in that way. Use one of: %(modes)s."),
    "import_needs_not_there": _(
        "Nothing that is open then has: %(needs)s. Agree another time or place with the resident, or correct the need."
    ),
    "import_no_extra_time": _(
        "The visit with extra time does not fit into the opening hours then. Agree another time, or take out the need."
    ),
    "import_not_csv": _('This is not valid CSV: a quotation mark (") is opened or closed in the wrong place.'),
    "import_not_offered": _("%(site)s does not offer this. Correct services or site, or add it in the council's file."),
    "import_not_open": _(
        "Nothing is open for this at that time. Correct the time, open a session then in the council's file, or agree "
        "another time with the resident."
    ),
    "import_off_grid": _(
        "Appointments for this begin every %(minutes)s minutes, counted from midnight. Use one of these times, or change "
        "grid_minutes of the service in the council's file."
    ),
    "import_reference_in_use": _(
        "An appointment in Front Door has this very reference. Put a letter in front of the old one, and tell the resident."
    ),
    "import_reference_twice": _("Line %(line)s has the same reference. Take one of the two out."),
    "import_row_too_long": _(
        "There are more than the %(columns)s cells of the first line. Put text that holds the separator in quotation marks."
    ),
    "import_service_unknown": _("There is no service %(given)r. Use the slugs of the council's file: %(known)s."),
    "import_site_unknown": _("There is no site %(given)r. Use the slugs of the council's file: %(known)s."),
    "import_start_form": _("Write day and time like 24/11/2026 14:30, 24 November 2026 2:30pm or 2026-11-24 14:30."),
    "import_start_skipped": _("The clocks go forward then, so there is no such time. Correct it."),
    "import_taken": _(
        "Everybody who could do this is booked then. Move or cancel what is booked in Front Door, or agree another time."
    ),
    "import_taken_in_file": _(
        "No seat is left then after other bookings of this file: lines %(lines)s. Open more in the council's file, or agree "
        "another time with one of them."
    ),
    "import_too_large": _("The file is larger than %(most)s MB. Is it the right one? It may be split into several."),
    "import_too_many_services": _("Use at most %(most)s services in one visit."),
    "import_value_missing": _("Fill this in."),
}
ERROR_TEXTS: Mapping[str, str] = {
    **VALUE_TEXTS,
    **MESSAGE_TEXTS,
    **BOOKING_TEXTS,
    **PLACE_TEXTS,
    **PEOPLE_TEXTS,
    **CALLER_TEXTS,
    **REQUEST_TEXTS,
    **IMPORT_TEXTS,
    **ROTA_TEXTS,
    **VISIT_TEXTS,
    **INVITATION_TEXTS,
}


def text_of(reason: Reason, language: Language) -> str:
    """The text of `reason` with its facts filled in. Raises: KeyError for a reason without a text."""
    facts = {name: _filled_in(fact, language) for name, fact in reason.facts.items()}
    return language.gettext(ERROR_TEXTS[reason.code], **facts)


def _filled_in(fact: object, language: Language) -> object:
    """A fact as its text takes it: a Reason by its text, an instant as its readers write it, a list with commas."""
    if isinstance(fact, datetime):
        return language.moment(fact)
    if isinstance(fact, Reason):
        return text_of(fact, language)
    if isinstance(fact, list):
        return ", ".join(str(_filled_in(one, language)) for one in fact)
    return fact
