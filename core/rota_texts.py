"""The text of each reason why a rota, or the file of school holidays, cannot be used."""

from __future__ import annotations

from collections.abc import Mapping


def _(text: str) -> str:
    """Mark a text for translation; `core.error_texts.text_of` translates it."""
    return text


ROTA_TEXTS: Mapping[str, str] = {
    "rota_day_form": _("Write the day like 24/11/2026, 24 November 2026 or 2026-11-24."),
    "rota_elsewhere": _(
        "They have a session at %(site)s at that time, and you do not manage that site. Ask its manager or an administrator."
    ),
    "rota_empty": _("There is no line in the file that says who works."),
    "rota_ends_first": _("It must end after it starts, on the same day."),
    "rota_event_unreadable": _("This event cannot be read. Export the calendar again."),
    "rota_event_without_hours": _("The event has no start and end with a time. An event of a whole day says no hours."),
    "rota_formula": _("This begins like a formula, with =, @, + or -. Enter the value itself."),
    "rota_not_calendar": _("This cannot be read as a calendar. Export it again as an .ics file."),
    "rota_off_and_on": _("Line %(line)s says something else of the same day. Take one of the two out."),
    "rota_off_grid": _("Times go by steps of %(minutes)s minutes."),
    "rota_over_midnight": _("It must begin and end on the same day. Split it at midnight."),
    "rota_overlap": _("Line %(line)s has the same person at the same time. Take one of the two out."),
    "rota_recurrence": _(
        "It recurs in a way that cannot be used. It can be every day, week or month, or every second, third or up to "
        "number %(most)s of them. Enter other dates one by one."
    ),
    "rota_recurs_too_long": _(
        "The events recur so often, or since so long ago, that they cannot be worked out. Export less of the calendar."
    ),
    "rota_service_unknown": _("There is no service %(given)r, or several. It may be one of: %(known)s."),
    "rota_services_missing": _("They have no session from which it follows for which services. Fill in the services."),
    "rota_site_unknown": _("There is no site %(given)r that you manage, or several. It may be one of: %(known)s."),
    "rota_time_form": _("Write the time like 09:30 or 9:30am."),
    "rota_too_far": _("This is too far ahead. A rota can go until %(last)s."),
    "rota_too_large": _("The file is larger than %(most)s kB. Is it the right one? It may be split into several."),
    "rota_too_short": _("The hours are too short for: %(services)s."),
    "rota_too_many": _("There are more than %(most)s shifts in the file. Split it into several."),
    "rota_who_unknown": _("Nobody here has the name %(given)r, or several have it. It may be one of: %(known)s."),
    "school_ends_first": _("The last day must not be before the first day."),
    "school_file_empty": _("There is no holiday in the file."),
    "school_file_too_long": _("There are more than %(most)s holidays in the file. Is it the right one?"),
    "school_recurs": _("School holidays are on other days each year. Enter each of them by itself."),
    "rota_workbook": _("This is a workbook of a spreadsheet program. Open it there and save it as CSV."),
    "rota_zone_without_end": _("A time zone begins here and does not end. Export the calendar again as an .ics file."),
}
