"""The words for what a role lets somebody do."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

from people.staff.policy import Action
from web.labels import Labels

# What each action lets somebody do, after "They will be able to".
ACTIONS: Labels = {
    Action.SEE_STAFF_HOME: _l("open the staff home page"),
    Action.MANAGE_OWN_ACCOUNT: _l("manage their own account"),
    Action.MANAGE_COLLEAGUES: _l("manage colleagues"),
    Action.MANAGE_API_KEYS: _l("manage the keys of programs"),
    Action.SEE_STAFF_RECORD: _l("see what staff did and saw"),
    Action.DEMAND_SECOND_STEP: _l("demand a second step of signing in"),
    Action.FIND_RESIDENT: _l("find residents"),
    Action.SEE_RESIDENT: _l("see what we know of a resident"),
    Action.BOOK_FOR_RESIDENT: _l("book appointments for residents"),
    Action.CHANGE_APPOINTMENT: _l("move and cancel appointments"),
    Action.MERGE_RESIDENTS: _l("make one record of two of the same person"),
    Action.INVITE: _l("invite people to pick a time"),
    Action.KEEP_REGISTER: _l("put people on the register of those who cannot get online"),
    Action.SEE_DAY_LIST: _l("see the list of the day"),
    Action.RECORD_OUTCOME: _l("record who came and how a visit ended"),
    Action.TAKE_WALK_IN: _l("take people without an appointment"),
    Action.HANDLE_DOCUMENTS: _l("tick, keep and certify documents"),
    Action.END_WITHOUT_VISIT: _l("cancel a visit that is not needed since all papers are accepted"),
    Action.VERIFY_RECEIPT: _l("check a receipt for documents"),
    Action.ARRANGE_NEED: _l("record whether an interpreter was found"),
    Action.CHANGE_RESOURCES: _l("put a visit on another desk or with another person"),
    Action.EXPORT_DAY_LIST: _l("save the list of the day as a file"),
    Action.MANAGE_FEEDS: _l("manage calendar feeds"),
    Action.MANAGE_SESSIONS: _l("see the week of a site"),
    Action.MANAGE_RESOURCES: _l("change the desks, rooms and people of a site"),
    Action.MANAGE_SET_UP: _l("change the council’s sites, services and rules"),
    Action.MANAGE_CLOSURES: _l("shut something and offer people other times"),
    Action.PAUSE_MESSAGES: _l("pause the council’s messages"),
    Action.RING_PEOPLE: _l("ring people who need another time"),
}
