"""The words for who may act for a resident."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

from people.residents.mandate_rules import BE_TOLD, BOOK, DISCUSS
from web.labels import Labels

POWER_LABELS: Labels = {
    BOOK: _l("Book and change visits"),
    BE_TOLD: _l("Be told about visits"),
    DISCUSS: _l("Speak about the case"),
}
POWERS_IN_SENTENCE: Labels = {
    BOOK: _l("book or change visits"),
    BE_TOLD: _l("be told about visits"),
    DISCUSS: _l("speak about the case"),
}
# What staff do not say while it is not noted that somebody may hear it, after “Do not say”.
NOT_TO_SAY: Labels = {
    BE_TOLD: _l("when, where or for what a visit is"),
    DISCUSS: _l("anything about the case"),
}
PROOF_LABELS: Labels = {
    "said_so": _l("The resident said so while we spoke"),
    "letter": _l("Signed letter of authority"),
    "attorney": _l("Lasting power of attorney"),
    "court": _l("Court order"),
    "organisation": _l("Letter of the organisation"),
}
