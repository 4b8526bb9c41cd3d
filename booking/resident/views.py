"""Screens."""

from __future__ import annotations

from flask import Blueprint

blueprint = Blueprint("resident", __name__)
