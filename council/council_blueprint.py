"""The blueprint of the set-up's screens, and their path."""

from __future__ import annotations

from flask import Blueprint

from web.manage.manage_blueprint import SET_UP_PATH

__all__ = ["SET_UP_PATH", "blueprint"]
blueprint = Blueprint("council", __name__)
