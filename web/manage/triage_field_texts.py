"""What the fields of the questions, answers and outcomes of a triage are called on screens."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

from web.manage.session_field_texts import Texts
from web.manage.session_field_texts import field_text as _t

TRIAGE_QUESTION: Texts = {
    "ask": _t(_l("The question"), _l("As people read it, without an explanation")),
    "help": _t(_l("What helps to answer it"), _l("People read it below the question")),
    "say": _t(_l("What staff say"), _l("Read out in a call, in place of the question")),
}
TRIAGE_ANSWER: Texts = {
    "answer": _t(_l("The answer")),
    "leads_to": _t(_l("Where it leads")),
    "means": _t(_l("Does it mean that it cannot wait?"), _l("Leave it open where it means none of these")),
}
TRIAGE_OUTCOME: Texts = {
    "kind": _t(_l("What they do")),
    "title": _t(_l("What they do, as they read it"), _l("For example: Ring us now")),
    "text": _t(_l("The rule of it"), _l("Why and for whom, in words for everybody")),
    "say": _t(_l("What staff say")),
    "services": _t(_l("Services that are booked"), _l("Two at the most, in one visit")),
    "sites": _t(_l("Places to come to today")),
    "url": _t(_l("Address of the page"), _l("For what is done online. It begins with https://")),
    "who": _t(_l("Who helps"), _l("Where it is somebody else")),
    "phone": _t(_l("Telephone")),
    "hours": _t(_l("When it is answered"), _l("For example: Day and night, every day")),
}
