"""What can be recorded of a visit: the buttons in their order, the colours of states, and reasons for a click."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

from booking.states import State

# In the order of how often they are clicked; the first that is possible is the green button.
ROW_ACTIONS = (
    State.ARRIVED,
    State.IN_PROGRESS,
    State.ATTENDED,
    State.NOT_COMPLETED,
    State.LEFT_BEFORE_SEEN,
    State.DID_NOT_ATTEND,
)
COLOURS = {
    State.BOOKED: "blue",
    State.ARRIVED: "yellow",
    State.IN_PROGRESS: "purple",
    State.ATTENDED: "green",
    State.NOT_COMPLETED: "orange",
    State.DID_NOT_ATTEND: "red",
    State.LEFT_BEFORE_SEEN: "red",
}

NOT_COMPLETED_REASONS = (_l("Documents missing"), _l("Needs another appointment"), _l("Wrong service"))
# Why a state is put back: what is true of it alone, beside what may be true of any.
UNDO_REASONS = (_l("Clicked by mistake"), _l("Wrong person"))
UNDO_REASONS_OF = {
    State.ATTENDED: (_l("Not finished yet"),),
    State.NOT_COMPLETED: (_l("It could be finished after all"),),
    State.LEFT_BEFORE_SEEN: (_l("They came back"),),
    State.DID_NOT_ATTEND: (_l("They came late"),),
}
