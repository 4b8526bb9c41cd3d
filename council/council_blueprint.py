"""The blueprint of the set-up's screens, and their path."""

from __future__ import annotations

from flask import Blueprint
from flask.blueprints import BlueprintSetupState

from web.manage.manage_blueprint import SET_UP_PATH

__all__ = ["SET_UP_PATH", "blueprint"]
blueprint = Blueprint("council", __name__)


@blueprint.record_once
def _link_in_the_menu(state: BlueprintSetupState) -> None:
    state.app.jinja_env.globals["has_set_up_page"] = True
