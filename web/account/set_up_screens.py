"""The screens of the set-up that are of the whole council, by the names under which they are linked and looked for."""

from __future__ import annotations

from flask import url_for
from flask_babel import gettext as _

from web.account.home import Task


def council_screens(council: str) -> tuple[Task, ...]:
    """Those of the council of this slug, in the order in which the set-up lists them."""

    def part(kind: str) -> str:
        return url_for("council.set_up_thing", kind=kind, slug=council)

    return (
        Task(_("Name, telephone, rules and reminders"), part("council")),
        Task(_("Logo"), url_for("council.upload_logo")),
        Task(_("Order of topics and services on the first page"), url_for("council.front_page")),
        Task(_("What messages cost, and which are off"), url_for("council.message_kinds")),
        Task(_("How your texts look"), url_for("council.texts")),
        Task(_("Privacy notice"), part("privacy")),
        Task(_("Accessibility statement"), part("accessibility")),
        Task(_("Travel times between sites"), url_for("council.travel")),
        Task(_("Wards"), url_for("council.wards")),
        Task(_("Triages"), url_for("council.triages")),
        Task(_("What is shut"), url_for("manage.closures"), _("Closures: what is closed now or later.")),
        Task(_("Calendars elsewhere"), url_for("council.outside_calendar_list")),
        Task(_("Bank holidays and school holidays"), url_for("manage.holidays")),
    )


def file_screens() -> tuple[Task, ...]:
    """Those of everything at once: its history, and the file of it."""
    return (
        Task(_("What was changed, by whom and when"), url_for("council.set_up_history")),
        Task(_("Download the whole set-up as a file"), url_for("council.set_up_file")),
        Task(_("Upload a file"), url_for("council.upload_set_up")),
    )
