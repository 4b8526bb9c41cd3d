"""Render a residents' page: its template with the values that every such page uses."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from flask import render_template
from flask_babel import gettext

from booking.states import CANCELLED, State
from core.personal_data import mask_email, mask_phone
from locations.model import Catalogue
from web import labels
from web.message_routes import reminder_text
from web.page_context import PageContext
from web.resident.visit_view import map_url, place_in_sentence, place_label, remote_text, separate_postcode


def show(template: str, context: PageContext, **values: Any) -> str:
    """The HTML of `template`; `has_errors` in the title follows from the form."""
    form = values.get("form")
    values.setdefault("has_errors", bool(form is not None and form.errors))
    return render_template(
        f"resident/{template}.html",
        authority=context.authority,
        base=context.base,
        zone=context.authority.zone,
        labels=labels,
        needs_text=needs_text,
        state_label=state_label,
        map_url=map_url,
        place_label=place_label,
        place_in_sentence=place_in_sentence,
        remote_text=remote_text,
        separate_postcode=separate_postcode,
        outward_like=outward_of(postcode_like(context.catalogue)),
        reminder_text=reminder_text,
        mask_email=mask_email,
        mask_phone=mask_phone,
        **values,
    )


def postcode_like(catalogue: Catalogue) -> str:
    """A postcode that people here know, as an example: that of the first site with one, or nothing."""
    return next((site.postcode for site in catalogue.sites if site.postcode), "")


def outward_of(postcode: str) -> str:
    """The first half of a whole postcode: "N12" of "N12 0GA"."""
    return "".join(postcode.split())[:-3]


def needs_text(codes: Iterable[str], language: str = "") -> str:
    """The support needs in a line, with the name of the language that somebody needs."""
    names = [str(labels.NEEDS[code]) for code in codes if code in labels.NEEDS]
    if language:
        names.append(language)
    return ", ".join(names) or str(gettext("None"))


def state_label(state: State) -> str:
    """The state as a resident understands it."""
    return str(gettext("Cancelled") if state in CANCELLED else labels.STATES[state])
