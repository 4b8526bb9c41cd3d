"""Whether somebody's work leaves them a break. Pure.

More than six hours of work are owed an uninterrupted break of 20 minutes within them.
Source: Working Time Regulations 1998, regulation 12, https://www.legislation.gov.uk/uksi/1998/1833/regulation/12.
"""

from __future__ import annotations

from booking.availability.bits import Bits, first_tick, span

LONGEST_WORK = 72  # ticks: six hours
SHORTEST_BREAK = 4  # ticks: 20 minutes


def lacks_break(work: Bits) -> bool:
    """Whether these ticks of a day go on for more than six hours without 20 minutes between."""
    begun = ended = None
    while work:
        first = first_tick(work)
        last = first_tick(~(work >> first)) + first
        if begun is None or ended is None or first - ended >= SHORTEST_BREAK:
            begun = first
        ended = last
        if ended - begun > LONGEST_WORK:
            return True
        work &= ~span(first, last)
    return False
