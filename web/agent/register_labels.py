"""The words for the register of people who cannot get online."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

from people.residents.register_rules import NO_PLACE, NOBODY_HELPS, NOT_ONLINE
from web.labels import Labels

CRITERIA_LABELS: Labels = {
    NOT_ONLINE: _l("They cannot get online"),
    NO_PLACE: _l("They cannot reasonably be helped at a library or a community place"),
    NOBODY_HELPS: _l("They have nobody who helps them"),
}
ON_REGISTER = _l("On the register: cannot get online")
