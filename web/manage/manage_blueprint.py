"""The blueprint of the managers' screens, and their paths."""

from __future__ import annotations

from flask import Blueprint
from flask.blueprints import BlueprintSetupState

blueprint = Blueprint("manage", __name__)
CLOSURES_PATH = "/staff/closures"
SET_UP_PATH = "/staff/set-up"
CLOSURE_PATH = f"{CLOSURES_PATH}/<int:closure>"
MISFITS_PATH = "/staff/to-rebook"
RING_PATH = "/staff/to-ring"


@blueprint.record_once
def _link_in_the_menu(state: BlueprintSetupState) -> None:
    state.app.jinja_env.globals["has_closures_page"] = True
