"""The composition root: wires store, clock, blueprints, commands and subscribers into one application."""

from __future__ import annotations

import os
from datetime import timedelta
from functools import partial
from typing import Any

import click
from flask import Flask
from werkzeug.middleware.proxy_fix import ProxyFix

import api.installation
import booking.cli
import booking.documents.cli
import booking.importing.cli
import booking.rota.cli
import core.cli
import core.logs
import council
import demo.cli
import demo.outbox_views
import demo.own_councils
import locations.cli
import people.staff.cli
import planner
import reminders.call_texts
import reminders.cli
import reminders.confirming.withdrawn_queries
import reminders.heartbeat
import reminders.invitation_mails
import reminders.ledger
import reminders.outbox
import reminders.privacy.cli
import reminders.reach_queries
import reminders.wish_mails
import web.account.staff_pages
import web.agent
import web.agent.appointment_search_views
import web.agent.call_triage_views
import web.agent.call_views
import web.agent.caller_views
import web.agent.change_views
import web.agent.check_caller_views
import web.agent.cohort_list_views
import web.agent.cohort_views
import web.agent.confirm_visit_views
import web.agent.failure_views
import web.agent.hand_made_views
import web.agent.hand_over_views
import web.agent.history_views
import web.agent.inviting_views
import web.agent.mandate_views
import web.agent.merge_views
import web.agent.message_views
import web.agent.record_views
import web.agent.register_views
import web.agent.resident_views
import web.agent.text_again_views
import web.agent.text_views
import web.agent.typed_search_views
import web.agent.typed_text
import web.agent.untold_views
import web.agent.urgent_views
import web.agent.why_looking_views
import web.agent.wish_failure_views
import web.agent.word_views
import web.app
import web.manage
import web.monitoring
import web.resident
import web.site
import web.staff_guard
from api.key_guard import check_key
from booking.documents.batch_queries import are_batches_delivered
from booking.events import (
    UNDO_FOR,
    appointment_changed,
    appointment_confirmed,
    invitation_changed,
    manage_link_requested,
    readers_asked,
    visit_called,
    wish_changed,
)
from booking.queries.calendars_elsewhere import are_calendars_read
from booking.urgent.urgent_queries import are_urgent_requests_named
from booking.use_cases.measure_promises import are_promises_kept
from booking.use_cases.tell_of_changes import are_changes_told
from core.clock import Clock, make_clock
from core.database import Database, is_reachable, is_up_to_date
from core.environment import settings_from
from core.errors import ConfigurationError
from core.flask_context import EXTENSION
from core.runtime import Runtime
from core.settings import ROOT, Settings
from core.write_probe import WriteProbe
from reminders.allowances import are_allowances_enough
from reminders.channels.registry import set_channels
from reminders.ledger import is_no_pause_long
from reminders.ledger_queries import are_messages_in_order
from reminders.recipients import EMAIL, LETTER, TEXT
from web.public_address import PublicAddress

COMMANDS: tuple[click.Command, ...] = (
    core.cli.migrate_cli,
    booking.cli.locations_cli,
    booking.importing.cli.appointments_cli,
    booking.documents.cli.receipts_cli,
    booking.rota.cli.rota_cli,
    locations.cli.audit_cli,
    demo.cli.demo_cli,
    people.staff.cli.staff_cli,
    people.staff.cli.api_key_cli,
    reminders.cli.reminders_cli,
    reminders.privacy.cli.privacy_cli,
)
BLUEPRINTS = (
    web.account.staff_pages.blueprint,
    web.agent.blueprint,
    web.site.blueprint,
    web.manage.blueprint,
    planner.blueprint,
    web.resident.blueprint,
    council.blueprint,  # after the residents' pages, which know what a council is in an address
    demo.outbox_views.blueprint,
    web.agent.message_views.blueprint,
)


def create_app(settings: Settings | None = None, database: Database | None = None, clock: Clock | None = None) -> Flask:
    """The application. Whatever is not given is made from the environment. Raises: ConfigurationError."""
    settings = settings or settings_from(os.environ)
    app = Flask("front_door", root_path=str(ROOT), template_folder="templates", static_folder="static")
    app.config.update(_config(settings))
    runtime = Runtime(settings, database or Database(settings.database_url), clock or make_clock(settings.fixed_now))
    set_channels(settings, runtime.database)
    runtime.database.facts[UNDO_FOR] = timedelta(seconds=settings.undo_seconds)
    demo.own_councils.check_database(settings, runtime.database)
    app.extensions[EXTENSION] = runtime
    core.logs.configure(runtime_level=settings.log_level)
    web.app.install(app)
    web.staff_guard.install(app, check_key)
    for blueprint in BLUEPRINTS:
        app.register_blueprint(blueprint)
    app.register_blueprint(web.monitoring.make_blueprint(_checks(runtime), _alarms(runtime)))
    api.installation.install(app)
    for command in COMMANDS:
        app.cli.add_command(command)
    _connect()
    _put_layers_round(app, settings)
    return app


def _put_layers_round(app: Flask, settings: Settings) -> None:
    """Who sent a request is what the trusted proxies say; whom it was sent to is what PUBLIC_URL says."""
    if not (settings.is_demo or settings.is_test):
        app.wsgi_app = PublicAddress(app.wsgi_app, settings.public_url)  # type: ignore[method-assign]
    if settings.trusted_proxies:
        trusted = settings.trusted_proxies
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=trusted, x_proto=trusted, x_host=0)  # type: ignore[method-assign]


def _config(settings: Settings) -> dict[str, Any]:
    return {
        "SECRET_KEY": settings.secret_key,
        "SECRET_KEY_FALLBACKS": list(settings.old_secret_keys),
        # Signs with the last one, and accepts them all.
        "WTF_CSRF_SECRET_KEY": [*settings.old_secret_keys, settings.secret_key],
        "LOG_LEVEL": settings.log_level,
        "TESTING": settings.is_test,
        "MAX_CONTENT_LENGTH": 1_000_000,
        "SESSION_COOKIE_SECURE": settings.public_url.startswith("https://"),
        "SEND_FILE_MAX_AGE_DEFAULT": 31_536_000,
    }


def _checks(runtime: Runtime) -> dict[str, web.monitoring.Check]:
    def scheduler() -> bool:
        return reminders.heartbeat.is_fresh(runtime)

    probe = WriteProbe(runtime.database)
    return {
        "database": lambda: is_reachable(runtime.database) and probe.is_writable(),
        "migrations": lambda: is_up_to_date(runtime.database),
        "scheduler": scheduler,
    }


def _alarms(runtime: Runtime) -> dict[str, web.monitoring.Check]:
    """What needs an operator: a channel that refuses this service, as with a wrong key, or sending that is stopped."""
    channels = {"mail": EMAIL, "texts": TEXT, "letters": LETTER}
    alarms: dict[str, web.monitoring.Check] = {
        name: partial(reminders.ledger.is_sending, runtime, channel) for name, channel in channels.items()
    }
    more = {"messages": partial(are_messages_in_order, runtime), "promises": partial(are_promises_kept, runtime)}
    more["calendars"] = partial(are_calendars_read, runtime)
    more["batches"] = partial(are_batches_delivered, runtime)
    more["programs"] = partial(are_changes_told, runtime)
    more["urgent"] = partial(are_urgent_requests_named, runtime)
    more["allowances"] = partial(are_allowances_enough, runtime)
    return alarms | more | {"pauses": partial(is_no_pause_long, runtime)}


def _connect() -> None:
    """Subscribe to what booking announces. Connecting the same function again changes nothing."""
    appointment_changed.connect(reminders.outbox.plan_notifications)
    appointment_confirmed.connect(reminders.confirming.withdrawn_queries.withdraw_questions)
    manage_link_requested.connect(reminders.outbox.send_manage_link)
    readers_asked.connect(reminders.reach_queries.readers_of)
    wish_changed.connect(reminders.wish_mails.plan_wish_mail)
    invitation_changed.connect(reminders.invitation_mails.plan_invitation_mail)
    visit_called.connect(reminders.call_texts.plan_call_text)


def __getattr__(name: str) -> Flask:
    """`app`, made on first use, so that importing this module for `create_app` needs no settings."""
    if name != "app":
        raise AttributeError(name)
    try:
        app = create_app()
    except ConfigurationError as error:
        raise SystemExit(str(error)) from error
    globals()["app"] = app
    return app
