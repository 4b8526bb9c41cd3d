"""The blueprint of signing in, the staff's home page and their accounts."""

from __future__ import annotations

from flask import Blueprint

blueprint = Blueprint("staff", __name__, url_prefix="/staff")
