"""What holds where a council says nothing else: in the file, in its rows and in the catalogue. Pure."""

from __future__ import annotations

INTERPRETER_LEAD_DAYS = 3  # whole days that it takes to find an interpreter
PROMISE_ALARM_DAYS = 3  # so long a promise is broken before it is an alarm
RING_MINUTES = 15  # so long after its start a telephone appointment may begin
WITHIN_MILES = 10  # of the place that was booked, another one is proposed when that cannot be
ANSWER_HOURS, NOTICE_HOURS = 48, 3  # for which that time is held, and within which one is rung and not written to
RECEIPT_WAYS = ("file", "folder", "webhook")  # by which receipts go to the back office; the first where nothing is said
DEFAULT_REMINDERS = (
    {"kind": "reminder_7d", "days_before": 7, "at": "09:00"},
    {"kind": "reminder_1d", "days_before": 1, "at": "09:00"},
    {"kind": "reminder_2h", "minutes_before": 120},
)
