"""What addresses of the service itself begin with: no council can have one of these as its slug. Pure."""

from __future__ import annotations

RESERVED_SLUGS = (
    "staff",
    "api",
    "static",
    "demo",
    "feeds",
    "manage",
    "r",
    "s",
    "healthz",
    "readyz",
    "metrics",
    "webhooks",
    ".well-known",
)
