"""The blueprint of the JSON API: the views of the other modules declare their routes on it."""

from __future__ import annotations

from flask import Blueprint

from api.error_handlers import problem_answer
from core.errors import ServiceError

blueprint = Blueprint("api", __name__, url_prefix="/api/v1")
blueprint.register_error_handler(ServiceError, problem_answer)
