"""The one tree of named errors. Each has a stable `code` and carries its facts as attributes.

No HTTP and no sentence here: `core.problems` turns codes into a status, `core.error_texts` reasons into text.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Self


@dataclass(frozen=True)
class Reason:
    """Why something was refused: a stable code, and the facts that its text in `core.error_texts` names.

    A fact is a number, a text, an instant in the zone of its place, a further Reason, or a list of these.
    """

    code: str
    facts: Mapping[str, object] = field(default_factory=dict)


class InvalidValue(ValueError):
    """A value that a parser cannot use; `reason` says why. Whoever parsed it says at which field it stands."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason.code)
        self.reason = reason

    @classmethod
    def because(cls, code: str, **facts: object) -> Self:
        """This error for the reason `code`."""
        return cls(Reason(code, facts))


class ServiceError(Exception):
    """Something that the service can explain to whoever made the request. `reason` says more than the kind of error does."""

    code = "error"
    reason: Reason | None = None

    @classmethod
    def because(cls, code: str, **facts: object) -> Self:
        """This error for the reason `code`."""
        error = cls()
        error.reason = Reason(code, facts)
        return error

    def __str__(self) -> str:
        """The code, for logs: what people read is worked out by `core.problems`."""
        return self.reason.code if self.reason is not None else self.code


class NotFound(ServiceError):
    """It does not exist, or whoever made the request may not know that it does."""

    code = "not_found"


class NotAuthenticated(ServiceError):
    """The asker has to say who they are first."""

    code = "not_authenticated"


class NotAllowed(ServiceError):
    """The asker may not do this."""

    code = "not_allowed"


class Refused(ServiceError):
    """A rule of the council, or what is booked already, does not allow it; the person can do something about it."""

    code = "refused"


class SlotTaken(Refused):
    """Somebody else has the time, or it was never free."""

    code = "slot_taken"


class CapacityConflict(Exception):
    """Another transaction claimed the same capacity first. Never shown: the operation is rolled back and tried again."""


class HoldExpired(Refused):
    """The hold ran out, was released, or was used already."""

    code = "hold_expired"


@dataclass
class TooSoon(Refused):
    """The time is nearer than the lead time, or past a cut-off. `limit_at` is the instant of the limit (UTC)."""

    limit_at: datetime | None = None
    code = "too_soon"


@dataclass
class TooFar(Refused):
    """The time lies beyond the horizon. `limit_at` is the instant of the limit (UTC)."""

    limit_at: datetime | None = None
    code = "too_far"


@dataclass
class LimitReached(Refused):
    """The resident has as many open appointments for the service as the policy allows."""

    limit: int = 0
    code = "limit_reached"


class SameTime(Refused):
    """The resident has another appointment at that time. They may book all the same."""

    code = "same_time"


@dataclass
class IllegalMove(Refused):
    """An appointment in state `current` cannot move to `wanted`."""

    current: str = ""
    wanted: str = ""
    code = "illegal_move"


class NotHereToday(Refused):
    """The appointment is on another day, or at another site, than where somebody arrives."""

    code = "not_here_today"


class NobodyMoreToday(Refused):
    """Nobody sees people without an appointment here any more today."""

    code = "nobody_more_today"


class AddressTooLong(Refused):
    """The address of the request is longer than any that leads somewhere."""

    code = "address_too_long"


class LinkEnded(Refused):
    """The manage link is over with its appointment."""

    code = "link_ended"


class Stale(Refused):
    """What is to be changed is not any more what the person was shown when they decided."""

    code = "stale"


class IdempotencyMismatch(Refused):
    """The same idempotency key came with another body."""

    code = "idempotency_mismatch"


@dataclass
class RateLimited(Refused):
    """Too many requests in a short time. `until` is the instant when there is room again (UTC)."""

    until: datetime | None = None
    code = "rate_limited"


class Unavailable(ServiceError):
    """Something that the service stands on does not work at the moment: a silent database, a lock that is held."""

    code = "unavailable"


class ResultUnknown(Unavailable):
    """The connection died at COMMIT: whether it was done cannot be told."""


@dataclass
class Invalid(Refused):
    """Input that cannot be used. `errors` maps a field's name to why."""

    errors: Mapping[str, Sequence[Reason]]
    code = "validation"

    @classmethod
    def in_field(cls, name: str, code: str, **facts: object) -> Self:
        """This error, for the reason `code` in one field."""
        return cls({name: [Reason(code, facts)]})


class BadRequest(Invalid):
    """A request of a program that cannot be read at all: its address, its headers, or a body that is no JSON."""

    code = "bad_request"


@dataclass
class DeliveryFailed(ServiceError):
    """A channel could not deliver. `permanent` says that another try is pointless; `detail` is what the provider said."""

    detail: str = ""
    permanent: bool = False
    code = "delivery_failed"


class ConfigurationError(Exception):
    """The settings cannot be used; the message, in English for whoever runs the service, says what to change."""
