"""The texts of refusals of values that people type: see `core.error_texts`. Pure."""

from __future__ import annotations

from collections.abc import Mapping


def _(text: str) -> str:
    """Mark a text for translation; `text_of` translates it."""
    return text


# Of values that people type, without a full stop: that is how GOV.UK writes the error of a field.
VALUE_TEXTS: Mapping[str, str] = {
    "birth_date_form": _("Enter a date of birth, like 14 3 1970 or 14 March 1970"),
    "birth_date_range": _("Enter a date of birth from %(first)s to today"),
    "day_form": _("Send a date like 2026-11-24"),
    "email_form": _("Enter an email address in the right form, like name@example.com"),
    "instant_form": _("Send a date, 2026-11-24, or an instant with its offset, 2026-11-24T09:00:00+00:00"),
    "instant_without_offset": _("Send an instant with its offset: 2026-11-24T09:00:00+00:00, or end it with Z"),
    "file_too_large": _("The file is too large. It must be smaller than %(most)s MB"),
    "logo_drawing": _("A drawing (SVG) cannot be used as the logo. Save it as a PNG picture, and upload that"),
    "logo_missing": _("Choose a picture for the logo"),
    "logo_no_picture": _("The logo must be a picture: PNG, JPEG, GIF or WebP. This file is none, or it is damaged"),
    "logo_too_large": _("The file of the logo is too large. It must be smaller than %(most)s MB"),
    "logo_too_many_pixels": _("The logo has too many pixels. It must have fewer than %(most)s million"),
    "name_empty": _("Enter a name"),
    "no_reason_for_texts": _("Write down why they want texts again"),
    "half_an_address": _("Enter the whole address with its postcode, or leave both empty"),
    "postal_lines": _("The postal address must have at most %(most)s lines of at most %(longest)s characters"),
    "phone_form": _("Enter the whole phone number with its area code, like 07700 900123 or 020 7946 0000"),
    "postcode_form": _("Enter a full postcode"),
    "postcode_form_like": _("Enter a full postcode, like %(example)s"),
    "too_long": _("Use at most %(longest)s characters"),
    "unprintable": _("Leave out characters that cannot be printed"),
    "wall_time_form": _("Enter a time like 09:30"),
    "year_out_of_range": _("Send a year from %(first)s to %(last)s"),
}
