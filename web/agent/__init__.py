"""The agent's pages. Everything on the blueprint begins with /staff/calls/."""

from __future__ import annotations

from flask import Blueprint

blueprint = Blueprint("agent", __name__, url_prefix="/staff/calls")
