"""Registers the JSON API on an application: its routes, its documentation, and the limit of requests for each key."""

from __future__ import annotations

from flask import Flask

from api import (
    appointment_views,
    availability_views,
    catalogue_views,
    closure_views,
    docs_views,
    document_receipts,
    hold_views,
    notification_views,
    provider_callbacks,
    receipt_batches,
    request_limits,
    site_day_views,
    telephone_views,
    visit_views,
    waiting_list_views,
    webhook_views,
)
from api.blueprint import blueprint

# Importing these modules declares their routes.
VIEW_MODULES = (
    catalogue_views,
    availability_views,
    hold_views,
    appointment_views,
    notification_views,
    site_day_views,
    closure_views,
    waiting_list_views,
    telephone_views,
    visit_views,
    document_receipts,
    receipt_batches,
    webhook_views,
)


def install(app: Flask) -> None:
    """Register the API on `app`: its routes, its errors, and the limit of requests for each key."""
    request_limits.install(app)
    app.register_blueprint(blueprint)
    app.register_blueprint(docs_views.blueprint)
    app.register_blueprint(provider_callbacks.blueprint)
