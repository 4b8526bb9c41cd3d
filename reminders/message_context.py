"""What the templates of messages show. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from booking.calendar.event import Papers, means_somebody_else
from core.contact_lines import ContactLine
from reminders.after_kinds import NO_NEWS, NOTHING_SAID, AfterVisit, ProgressNews
from reminders.site_text import NO_SITE_TEXT, SiteText


@dataclass(frozen=True, slots=True)
class MessageContext:
    """What the templates show, formatted already."""

    language: str
    to_name: str
    acts_for: str
    what: str
    when: str
    earlier_when: str
    is_same_time: bool
    newer_when: str
    how_long: str
    mode: str
    site_name: str
    address: list[str]
    directions: str
    join_url: str
    remote: list[str]
    needs: list[str]
    lacks_interpreter: bool
    papers: tuple[Papers, ...]
    reference: str
    contact: list[ContactLine]
    authority_name: str
    brand_colour: str
    manage_url: str
    short_url: str
    owner_urls: Mapping[str, str]  # by the page: only this message has them
    book_url: str
    is_on: bool
    by_authority: bool
    can_answer: bool
    offer_when: str
    offer_where: str
    offer_until: str
    offer_lines: list[str]
    offer_same: str
    moved_by_council: bool
    offer_is_shared: bool
    offer_is_instead: bool
    welcomes_welsh: bool = False
    place_in_message: str = ""
    direction: str = "ltr"
    answer_by: str = ""  # of a question whether they come
    is_given_back: bool = False  # because nobody answered it
    not_needed: str = ""  # why nobody needs to come, as a code
    is_asked: bool = False  # before the visit, whether they come: who does not answer may lose the time
    missed_cost: str = ""  # what a missed visit costs the council, if it says so
    opening_words: str = ""  # of the site
    asked_on: str = ""  # the day on which they first asked for help, as a proof
    site_text: SiteText = NO_SITE_TEXT
    after: AfterVisit = NOTHING_SAID
    progress: ProgressNews = NO_NEWS
    step: str = ""  # of that, in words
    rating_url: str = ""  # where they say how it was
    is_correction: bool = False  # of what was told after the visit
    day: str = ""  # where the message tells several of that day
    time: str = ""  # of one of them
    visits: tuple[MessageContext, ...] = ()

    @property
    def papers_mean_another(self) -> bool:
        """Whether the papers speak to the person for whom somebody acts."""
        return means_somebody_else(self.papers)
