"""The codes of the plan are the same everywhere, and no address of the service can be a council's."""

from __future__ import annotations

import re

from flask import Flask

from booking.slot_tokens import MODE_CODES
from locations.model import MODES
from locations.reserved_slugs import RESERVED_SLUGS
from web.labels import MODES as MODE_LABELS


def test_every_mode_has_a_label_and_a_letter_in_tokens() -> None:
    assert tuple(MODE_LABELS) == MODES
    assert tuple(MODE_CODES) == MODES


def test_every_address_of_the_service_begins_with_a_reserved_slug_or_a_councils(app: Flask) -> None:
    first_parts = {rule.rule.split("/")[1] for rule in app.url_map.iter_rules()}
    could_be_slugs = {part for part in first_parts if re.fullmatch(r"[a-z0-9][a-z0-9-]*", part)}
    assert could_be_slugs <= set(RESERVED_SLUGS)
