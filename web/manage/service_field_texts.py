"""What the fields of a service and of its questions are called on screens, and what helps to fill them in."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

from web.manage.session_field_texts import Texts
from web.manage.session_field_texts import field_text as _t

_AS_COUNCIL = _l("Leave it empty to do as the whole council does")

SERVICE: Texts = {
    "name": _t(_l("Name of the service"), _l("As residents read it")),
    "topic": _t(_l("Topic"), _l("The heading under which it stands, for example, Housing")),
    "summary": _t(_l("What is it for?"), _l("One sentence")),
    "also_called": _t(_l("Other words for it"), _l("One on each line. People find it by these as well")),
    "message_name": _t(
        _l("Neutral name for messages"),
        _l("If others may read what we send. For example, “your visit”. Then no message says what the service is"),
    ),
    "duration_minutes": _t(_l("How long does it take?"), _l("In minutes")),
    "turnaround_minutes": _t(_l("Time to tidy up after it"), _l("In minutes")),
    "grid_minutes": _t(_l("Offer a start every so many minutes"), _l("15 gives 9:00, 9:15, 9:30")),
    "modes": _t(_l("How can people meet you?")),
    "documents": _t(
        _l("What must people bring?"), _l("One on each line. What only some have to bring stands below it")
    ),
    "done_lines": _t(
        _l("What is usually done in a visit?"),
        _l("One on each line. Staff choose one after the visit, and the resident reads it"),
    ),
    "online_instead": _t(_l("How can it be done online?"), _l("Leave it empty when people have to come")),
    "online_url": _t(_l("Web address for doing it online")),
    "post_instead": _t(_l("How can it be done by post?")),
    "bookable_online": _t(_l("Can residents book it themselves?")),
    "lead_minutes": _t(_l("Shortest time before an appointment, in minutes"), _AS_COUNCIL),
    "horizon_days": _t(_l("How far ahead can people book, in days?"), _AS_COUNCIL),
    "open_limit": _t(_l("How many appointments may somebody have for it?"), _AS_COUNCIL),
    "cancel_cutoff_minutes": _t(_l("Last time to cancel or change, in minutes before"), _AS_COUNCIL),
    "closed_from": _t(
        _l("Not given any more from"), _l("The first day on which it is not. Leave it empty if it goes on")
    ),
    "successor": _t(_l("Which service takes its place?")),
    "where_to_go": _t(_l("What do people do instead?"), _l("What they read when it is not given any more")),
    "waiting_list_first": _t(
        _l("Does a freed time go to the waiting list first?"),
        _l("Everybody else can have it after 5 to 60 minutes, so that programs that look all the time gain nothing"),
    ),
    "offered_at_once": _t(
        _l("To how many who wait shall we offer a time at short notice?"),
        _l("One that begins within two days. Who accepts first has it, and the others keep their place"),
    ),
    "answer_days": _t(
        _l("After how many days shall a colleague tell those who wait how it stands?"),
        _l("Then it is a task for those who book for residents, until somebody has told them"),
    ),
    "confirm_days_before": _t(
        _l("How many days before shall people be asked to confirm that they come?"),
        _l(
            "If they do not answer, the time is given to somebody else. Nobody loses it who was not reached, or who has"
            " an interpreter or somebody who acts for them. Leave it empty if nobody is asked"
        ),
    ),
    "confirm_within_hours": _t(
        _l("How many hours do they have to answer?"),
        _l(
            "They are asked a second time, in another way, after a third of it. The answer is due a day before the visit"
        ),
    ),
    "third_time_within_days": _t(
        _l("Within how many days do you promise a free time?"),
        _l("We measure each day how far away the third free time is. Leave it empty if you promise nothing"),
    ),
    "seen_within_minutes": _t(
        _l("Within how many minutes of the booked time do you promise to see people?"),
        _l("We measure each day within how many minutes 9 of 10 people were seen"),
    ),
    "promise_alarm_days": _t(
        _l("After how many days of a broken promise do you want to be told?"),
        _l("Then it stands on the staff home of managers and administrators"),
    ),
    "opens_same_day_early": _t(
        _l("While the promise of a free time is broken, can everybody book what is kept for the day itself?"),
        _l("The shares of sessions that would be free to book on the day only"),
    ),
    "catchment": _t(_l("Which areas is it for?"), _l("One on each line: N12, N12 0 or N12 0GA. None if for everybody")),
    "wards": _t(_l("Which wards is it for?"), _l("With areas as well, it is for people from either")),
    "catchment_kind": _t(_l("Who else can book it?")),
    "catchment_instead": _t(_l("What do people do for whom it is not?")),
    "named_adviser": _t(_l("Is it for people who have an adviser, named by staff or seen last?")),
    "catchment_may_be_passed": _t(_l("Can staff book it for somebody else, if they say why?")),
    "case_number": _t(
        _l("What do you call the case number or code that people must give?"),
        _l("For example, Claim number. Leave it empty if nobody is asked for one"),
    ),
    "case_number_form": _t(
        _l("What does it look like?"),
        _l(
            "@ is a letter, # a digit, ? either, and everything else is itself: HB###### or @@-####. Write a comma"
            " between several. Leave it empty if it can be anything"
        ),
    ),
    "case_number_listed": _t(
        _l("Does it have to be on a list?"),
        _l("On one of those from which you invite people for this service"),
    ),
    "case_number_again": _t(_l("What happens if it has an open appointment already?")),
    "documents_by_case": _t(_l("What people bring in some cases")),
    "done_without_visit": _t(
        _l("Can the visit be cancelled once all papers are accepted?"),
        _l("Staff who accept papers can then tell somebody that they need not come, and the time is free for others"),
    ),
    "documents_by_rule": _t(_l("What people bring by rules that count and date")),
    "triage_questions": _t(_l("Questions before booking")),
    "requirements": _t(_l("What a visit needs")),
    "reminder_plan": _t(_l("Reminders")),
}
DOCUMENT_CASE: Texts = {
    "case": _t(_l("In which case?"), _l("In your own words, for example, If you rent")),
    "documents": _t(_l("What do they bring then?"), _l("One on each line")),
}
QUESTION: Texts = {
    "ask": _t(_l("Question")),
    "say": _t(_l("What staff say about the answer")),
    "tell": _t(_l("What residents read"), _l("Residents see the question only if you write something here")),
    "wrong_answer": _t(
        _l("Which answer means that it is not the right service?"),
        _l("Then residents answer yes or no before they look for a time"),
    ),
    "instead": _t(_l("What do people with this answer do instead?")),
    "minutes_each": _t(
        _l("If the answer is a number: how many more minutes does the visit take for each?"),
        _l("They are added to how long the service takes. Leave it empty if the answer changes nothing"),
    ),
    "most": _t(_l("The highest number that can be answered"), _l("10 if you leave it empty")),
}
