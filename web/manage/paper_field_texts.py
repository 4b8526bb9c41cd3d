"""What the fields of a rule about papers are called on screens, and what helps to fill them in."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

from web.manage.session_field_texts import Texts
from web.manage.session_field_texts import field_text as _t

_TOGETHER = _l("Only for payslips, with the three other numbers")

PAPER: Texts = {
    "document": _t(_l("Which paper?"), _l("For example, Payslips")),
    "example": _t(_l("What is a good one?"), _l("For example: with your name, your employer and the date on it")),
    "one_of": _t(_l("Which papers will do?"), _l("One on each line, if one of several is enough")),
    "question": _t(
        _l("Which question is it brought for?"),
        _l("One of yes and no, for example, Do you rent your home? Leave it empty if everybody brings the paper"),
    ),
    "answer": _t(_l("Which answer means that it is brought?"), _l("Yes, if you choose none")),
    "taken": _t(_l("How do you take it?"), _l("The original, if you choose none")),
    "weekly": _t(_l("How many, if paid every week?"), _TOGETHER),
    "fortnightly": _t(_l("How many, if paid every two weeks?"), _TOGETHER),
    "four_weekly": _t(_l("How many, if paid every four weeks?"), _l("As many as by the month, if you leave it empty")),
    "monthly": _t(_l("How many, if paid every month?"), _TOGETHER),
    "full_months": _t(
        _l("Of how many full months?"), _l("Only for statements: of the last calendar months that are over")
    ),
    "each": _t(_l("For each what?"), _l("Leave it open if one is enough")),
    "new_starter": _t(
        _l("What does somebody bring as well who has too few payslips?"),
        _l("Only for payslips. For example, Your contract, or a letter from your employer"),
    ),
    "without": _t(
        _l("What do people do who do not have it?"),
        _l("For example: Ask your bank. You can still come, and we will take the rest"),
    ),
}
