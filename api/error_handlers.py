"""Errors as problem details (RFC 9457), with the facts that each of them carries."""

from __future__ import annotations

import json
from dataclasses import fields, is_dataclass
from datetime import UTC, datetime
from typing import Any

from flask import Response

from core.errors import Invalid, ServiceError, SlotTaken
from core.language import DEFAULT_LANGUAGE, language_for
from core.problems import problem_of, text_of_error

MIMETYPE = "application/problem+json"


class BadRequest(Invalid):
    """A request that cannot be read at all: its address, its headers, or a body that is no JSON."""


class SlotTakenBut(SlotTaken):
    """The time is taken; `alternatives` are the slots nearest to it, as in the availability."""

    def __init__(self, words: str, alternatives: list[dict[str, Any]]) -> None:
        super().__init__(words)
        self.alternatives = alternatives


def problem_answer(error: ServiceError) -> Response:
    """The answer that tells a program of `error`."""
    problem = problem_of(error)
    status = 400 if isinstance(error, BadRequest) else problem.status
    body = {"type": "about:blank", "title": problem.title, "status": status}
    body |= {"detail": _detail(error) or problem.words, "code": problem.code}
    return Response(json.dumps(body | _facts(error), ensure_ascii=False), status=status, mimetype=MIMETYPE)


def _detail(error: ServiceError) -> str:
    if isinstance(error, Invalid):
        return " ".join(f"{field}: {' '.join(map(str, words))}" for field, words in error.errors.items())
    return text_of_error(error, language_for(DEFAULT_LANGUAGE))


def _facts(error: ServiceError) -> dict[str, Any]:
    """What the error knows besides its words: field errors, a limit, states, alternatives."""
    if isinstance(error, Invalid):
        return {"errors": {field: [str(word) for word in words] for field, words in error.errors.items()}}
    if isinstance(error, SlotTakenBut):
        return {"alternatives": error.alternatives}
    if not is_dataclass(error):
        return {}
    facts = {field.name: getattr(error, field.name) for field in fields(error)}
    return {name: _plain(value) for name, value in facts.items() if value is not None}


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    return value if isinstance(value, int) else str(value)
