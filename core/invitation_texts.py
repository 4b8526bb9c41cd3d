"""The texts of refusals about invitations."""

from __future__ import annotations

from collections.abc import Mapping


def _(text: str) -> str:
    """Mark a text for translation; `core.error_texts` translates it."""
    return text


INVITATION_TEXTS: Mapping[str, str] = {
    "case_number_again": _(
        "There is an open appointment with this number or code already. You can still book this one."
    ),
    "case_number_form": _("Check it. It looks like %(example)s"),
    "case_number_missing": _("Enter the number or code"),
    "case_number_no_wait": _("You need a number or code for this, so nobody can wait for it online. Ask us: %(ask)s"),
    "case_number_taken": _("There is an open appointment under this number already: %(reference)s. Change that one."),
    "case_number_unknown": _("It is on no list for this service. Check it."),
    "case_number_unusable": _(
        "We cannot book with this. Check that it is right. If you have an appointment with it already, use the link in"
        " our message to change it. If not, ask us: %(ask)s"
    ),
    "case_number_used": _("There is an open appointment under this number already: %(reference)s."),
    "case_number_used_since": _("Another appointment was booked with the number of this one meanwhile."),
    "case_numbers_differ": _("Each of these services asks for a number or code of its own. Book them one by one."),
    "cohort_changed": _("This list has changed meanwhile. Look at it again."),
    "cohort_unknown": _("There is no such list."),
    "list_changed": _("Somebody of the list was invited meanwhile, or their record is gone. Look at it again."),
    "list_language_unknown": _("Write one of these, or nothing: %(known)s"),
    "list_person_twice": _("This is the same person as on line %(line)s"),
    "list_record_twice": _("The same record is chosen for two lines. One person is invited once."),
    "list_record_unsaid": _("Line %(line)s may be somebody in the records: choose whose record it is"),
    "list_reference_twice": _("Line %(line)s has this number already"),
    "wave_days": _("Enter a number of days from 1 to %(most)s"),
    "wave_number": _("Enter how many at a time, from 1 to %(most)s"),
    "invitation_changed": _("This invitation has changed meanwhile. Look at it again."),
    "invitation_ended": _("This invitation has ended: it was answered or withdrawn, or its last day is over."),
    "invitation_mode": _("This is not offered in that way. Choose another one"),
    "invitation_service_unknown": _("Choose a service that people can come for"),
    "invitation_sites_served": _("Choose among the sites that you see to"),
    "invitation_unknown": _("There is no such invitation."),
    "invited_already": _("They are invited for this already. Withdraw that invitation first"),
    "not_an_invited_time": _("This time is none of those that you are invited for. Choose another one."),
    "window_ends_first": _("The last day has to be the first day, or after it"),
    "window_over": _("Enter today, or a day after it"),
    "window_too_far": _("Enter a day within %(days)s days from today"),
}
