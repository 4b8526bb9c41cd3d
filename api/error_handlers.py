"""Errors as problem details (RFC 9457), with the facts that each of them carries."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from flask import Response

from core.errors import ServiceError, SlotTaken
from core.language import DEFAULT_LANGUAGE, language_for
from core.problems import details

MIMETYPE = "application/problem+json"


@dataclass
class SlotTakenBut(SlotTaken):
    """The time is taken; `alternatives` are the slots nearest to it, as in the availability."""

    alternatives: list[dict[str, Any]]


def problem_answer(error: ServiceError) -> Response:
    """The answer that tells a program of `error`."""
    body = details(error, language_for(DEFAULT_LANGUAGE))
    return Response(json.dumps(body, ensure_ascii=False), status=body["status"], mimetype=MIMETYPE)
