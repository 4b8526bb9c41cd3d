"""The functions and filters that every template has."""

from __future__ import annotations

import re
import secrets
from datetime import UTC
from zoneinfo import ZoneInfo

from flask import Flask
from flask_wtf.csrf import generate_csrf
from markupsafe import Markup

from booking.calendar.change_lines import change_lines
from core.contact_lines import contact_lines
from web import request_language
from web.assets import asset_url, module_urls, style_url
from web.components.form_fields import errors_of
from web.labels import label_of, labels_of
from web.language_switch import language_switches
from web.paper_labels import taken_text
from web.request_hooks import request_id
from web.response_headers import csp_nonce


def install(app: Flask) -> None:
    """Add the functions and filters to the templates of `app`."""
    # Globals rather than a context processor: macros see them too, and a page pays for what it uses.
    app.jinja_env.globals.update(
        csp_nonce=csp_nonce,
        request_id=request_id,
        asset_url=asset_url,
        style_url=style_url,
        module_urls=module_urls,
        csrf_field=csrf_field,
        errors_of=errors_of,
        page_language=lambda: request_language.current_language().code,
        page_direction=lambda: request_language.current_language().direction,
        language_switches=language_switches,
        new_key=lambda: secrets.token_urlsafe(18),
        contact_lines=lambda council: contact_lines(council, request_language.current_language()) if council else [],
        day_names=request_language.day_names,
        day_names_short=request_language.day_names_short,
    )
    app.jinja_env.filters.update(
        time=request_language.format_time,
        day=request_language.format_day,
        short_day=request_language.format_day_short,
        moment=request_language.format_moment,
        short_moment=request_language.format_moment_short,
        month=request_language.format_month,
        minutes=request_language.format_minutes,
        miles=request_language.format_miles,
        all_of=request_language.all_of,
        change_lines=lambda change: change_lines(change, request_language.current_language()) if change else [],
        label=lambda code, labels: label_of(labels, code),
        labels=lambda codes, labels: labels_of(labels, codes),
        in_zone=lambda at, zone: at.astimezone(ZoneInfo(zone)),
        instant=lambda at: at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        taken_text=taken_text,
        tel=lambda phone: re.sub(r"[^0-9+]", "", phone or ""),
    )


def csrf_field() -> Markup:
    """The hidden field that every form which writes must have."""
    return Markup('<input type="hidden" name="csrf_token" value="{}">').format(generate_csrf())
