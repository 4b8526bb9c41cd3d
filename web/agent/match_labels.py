"""Why a resident may be meant, in words."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

from people.residents.search import MatchReason
from web.labels import Labels

MATCH_REASONS: Labels = {
    MatchReason.SAME_NAME: _l("same name"),
    MatchReason.NAME_BEGINS: _l("name begins like this"),
    MatchReason.SOUNDS_ALIKE: _l("sounds like this"),
    MatchReason.SPELT_NEARLY: _l("spelt nearly like this"),
    MatchReason.OTHER_LETTERS: _l("like this in other letters"),
    MatchReason.SAME_PHONE: _l("same telephone"),
    MatchReason.PHONE_ENDS: _l("telephone ends like this"),
    MatchReason.SAME_POSTCODE: _l("same postcode"),
    MatchReason.POSTCODE_BEGINS: _l("postcode begins like this"),
    MatchReason.SAME_EMAIL: _l("same email"),
    MatchReason.EMAIL_BEGINS: _l("email begins like this"),
    MatchReason.SAME_BIRTH_DATE: _l("born on this day"),
    MatchReason.SAME_REFERENCE: _l("has the appointment of this reference"),
}
