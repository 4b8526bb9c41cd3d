"""Write to everybody who is booked at a site on a day: what it would look like, whom it reaches, and then it is sent."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from urllib.parse import urlencode

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext

from booking.queries.appointments import AppointmentView, of_ids
from core.personal_data import mask_email, mask_phone
from locations.own_words import languages_for
from people.staff.access_marks import requires
from people.staff.policy import Action
from reminders.appointment_queries import message_facts
from reminders.example_messages import ExampleWriter
from reminders.gsm7 import text_size
from reminders.letters import LetterBody
from reminders.messages import EmailBody
from reminders.recipients import EMAIL, LETTER, SITE_MESSAGE, TEXT, Delivery
from reminders.site_messages import NewSiteMessage, Reader, SentMessage, readers_of, send_site_message
from reminders.site_text import SiteText
from reminders.site_text_queries import sent_messages
from reminders.texts import TextBody
from web.labels import ContactLine, Labels, label_of, phone_of
from web.language_labels import MESSAGE_LANGUAGES
from web.manage.closure_context import log_people, managed_sites
from web.manage.manage_blueprint import blueprint
from web.manage.site_message_forms import SiteMessageForm, new_message, site_message_form
from web.message_labels import MESSAGE_CHANNELS, message_reason
from web.page_context import StaffContext, staff_context
from web.request_language import all_of
from web.told import ToldLine

PATH = "/staff/day-messages"
MOST_NAMED = 100
EXAMPLE_TITLES: Labels = {
    EMAIL: _l("An email, as one of them gets it"),
    TEXT: _l("A text, as one of them gets it"),
    LETTER: _l("A letter, as one of them gets it"),
}


@dataclass(frozen=True)
class Example:
    """How the message looks that one of them gets. Its link opens nothing; `segments` is 0 but of a text."""

    title: str
    to: str
    subject: str
    text: str
    segments: int = 0


@dataclass(frozen=True)
class NotReached:
    """Somebody whom no message of ours reaches: why, and the number to ring."""

    view: AppointmentView
    why: str
    phone: ContactLine


@dataclass(frozen=True)
class Preview:
    """Whom the message would reach, by channel, whom it would not, and an example of each kind.

    `not_reached`, with `more`, are those whom staff ring and the `unreached`, whom nobody tells anything.
    """

    total: int
    counts: Sequence[tuple[str, int]]
    examples: Sequence[Example]
    not_reached: Sequence[NotReached]
    more: int
    unreached: int

    @property
    def told(self) -> list[ToldLine]:
        """Who will be told, by channel, and last how many by none."""
        lines = [ToldLine(_("%(channel)s: %(num)s", channel=name, num=count)) for name, count in self.counts]
        if self.unreached:
            text = ngettext("%(num)d person is told nothing", "%(num)d people are told nothing", self.unreached)
            lines.append(ToldLine(text, is_told=False))
        return lines


@blueprint.get(PATH)
@requires(Action.MANAGE_CLOSURES)
def site_messages() -> str:
    """The form, and what was sent before."""
    with staff_context() as context:
        return _page(context, site_message_form(context, None))


@blueprint.post(f"{PATH}/preview")
@requires(Action.MANAGE_CLOSURES)
def preview_site_message() -> ResponseReturnValue:
    """What it would look like and whom it reaches. Nothing is sent."""
    with staff_context() as context:
        form = site_message_form(context, request.form)
        if not form.validate() or form.refuse_past(context.today):
            return _page(context, form), 400
        _site, new = new_message(context, form)
        readers = readers_of(context.db, context.authority.id, new, context.now)
        if not readers:
            form.refuse("day", _("Nobody is booked there then. Choose another day, site or service"))
            return _page(context, form), 400
        return _page(context, form, _preview(context, new, readers))


@blueprint.post(PATH)
@requires(Action.MANAGE_CLOSURES)
def send_day_message() -> ResponseReturnValue:
    """Send it; the same once more tells nobody twice."""
    with staff_context() as context:
        form = site_message_form(context, request.form)
        if not form.validate() or form.refuse_past(context.today):
            return _page(context, form), 400
        _site, new = new_message(context, form)
        sent = send_site_message(context.runtime, context.authority.id, new, actor=context.actor)
    said = urlencode({"told": sent.told, "rung": sent.rung, "unreached": sent.unreached, "known": sent.known})
    return redirect(f"{url_for('manage.site_messages')}?{said}", code=303)


def _preview(context: StaffContext, new: NewSiteMessage, readers: Sequence[Reader]) -> Preview:
    unreached = [one for one in readers if not one.is_written_to]
    views = of_ids(context.db, context.catalogue, [one.appointment_id for one in unreached[:MOST_NAMED]])
    examples = _of_each_look(context, readers)
    shown = of_ids(context.db, context.catalogue, [one.appointment_id for one in examples])
    log_people(context, "site_message", [*views.values(), *shown.values()])
    counted = Counter(one.channel for one in readers if one.channel)
    return Preview(
        len(readers),
        [(str(MESSAGE_CHANNELS[name]), counted[name]) for name in MESSAGE_CHANNELS if counted[name]],
        [_example(context, new, one) for one in examples],
        [_not_reached(views[one.appointment_id], one) for one in unreached[:MOST_NAMED]],
        max(0, len(unreached) - MOST_NAMED),
        sum(not one.channel for one in readers),
    )


def _of_each_look(context: StaffContext, readers: Sequence[Reader]) -> list[Reader]:
    """The first reader of each channel and each language that somebody reads."""
    found: dict[tuple[str, tuple[str, ...]], Reader] = {}
    for one in readers:
        if one.is_written_to and one.delivery:
            found.setdefault((one.channel, languages_for(context.authority, one.delivery.language)), one)
    return sorted(found.values(), key=lambda one: list(MESSAGE_CHANNELS).index(one.channel))


def _example(context: StaffContext, new: NewSiteMessage, reader: Reader) -> Example:
    facts = message_facts(context.db, [reader.appointment_id])[reader.appointment_id]
    words = {0: SiteText(new.site_id, new.day, new.text, new.text_cy)}
    facts = replace(facts, site_texts=words)
    settings = context.runtime.settings
    writer = ExampleWriter(settings.public_url, settings.mail_from)
    delivery, kind = reader.delivery or Delivery(reader.channel, "", ""), f"{SITE_MESSAGE}_0"
    title = _title(context, delivery)
    body = writer.body(kind, facts, delivery, {TEXT: TextBody, LETTER: LetterBody}.get(reader.channel, EmailBody))
    if isinstance(body, TextBody):
        return Example(title, mask_phone(delivery.address), "", body.text, text_size(body.text).segments)
    if isinstance(body, LetterBody):
        return Example(title, delivery.address.splitlines()[-1], body.heading, body.text)
    email = writer.write(kind, facts, delivery)
    return Example(title, mask_email(delivery.address), email.subject, email.text)


def _title(context: StaffContext, delivery: Delivery) -> str:
    """ "An email, as one of them gets it", with the languages where the council has more than one."""
    title = str(EXAMPLE_TITLES[delivery.channel])
    if len(context.authority.languages) < 2:
        return title
    names = all_of([label_of(MESSAGE_LANGUAGES, code) for code in languages_for(context.authority, delivery.language)])
    return str(_("%(title)s, in %(languages)s", title=title, languages=names))


def _not_reached(view: AppointmentView, reader: Reader) -> NotReached:
    why = message_reason(reader.reason) if reader.reason else str(_("We can only ring them."))
    return NotReached(view, why, phone_of(view))


def _earlier(context: StaffContext) -> Iterator[tuple[str, date, str, str]]:
    """Of each message that was sent: where, for which day, what, and by whom."""
    sites = {site.id: site.name for site in context.catalogue.sites}
    for row in sent_messages(context.db, context.authority.id, managed_sites(context)):
        yield sites.get(row.site_id, ""), row.local_date, row.text, row.sent_by


def _sent() -> SentMessage | None:
    """What has just been sent, as the address says it."""
    found = [request.args.get(name, "") for name in ("told", "rung", "unreached", "known")]
    if not all(one.isascii() and one.isdecimal() and len(one) < 6 for one in found):
        return None
    return SentMessage(None, *map(int, found))


def _page(context: StaffContext, form: SiteMessageForm, preview: Preview | None = None) -> str:
    return render_template(
        "manage/site_messages.html",
        form=form,
        has_errors=bool(form.errors),
        preview=preview,
        sent=_sent() if request.method == "GET" else None,
        earlier=list(_earlier(context)),
    )
