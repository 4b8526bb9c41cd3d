"""The codes that a council's plan is written in: modes, kinds of sites and of resources, and slugs that are taken. Pure."""

from __future__ import annotations

IN_PERSON_MODES = ("in_person",)
VIRTUAL_MODES = ("video", "phone")
MODES = (*IN_PERSON_MODES, *VIRTUAL_MODES)
"""How an appointment is held."""

VIRTUAL_SITE = "virtual"
SITE_KINDS = ("library", "hub", "office", VIRTUAL_SITE)
PERSON_KINDS = ("adviser", "interpreter")
"""The kinds of resources that may belong to the council instead of a site."""
RESOURCE_KINDS = ("desk", "room", *PERSON_KINDS, "virtual_room", "equipment")

RESERVED_SLUGS = ("staff", "api", "static", "demo", "feeds", "manage", "healthz", "readyz", "metrics", ".well-known")
"""What addresses of the service itself begin with: no council can have one of these as its slug."""


def modes_of_site(kind: str) -> tuple[str, ...]:
    """How people can come to a site of this kind."""
    return VIRTUAL_MODES if kind == VIRTUAL_SITE else IN_PERSON_MODES
