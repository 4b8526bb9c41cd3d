"""How a proposed time differs from the old one, in lines: for the person, in messages, and for whoever rings. Pure."""

from __future__ import annotations

from booking.calendar.need_lines import chosen_needs, need_lines
from booking.proposals.time_ranking import ProposedChange
from core.language import Language
from people.residents.details import arranged_needs, spoken_needs

NO_DISTANCE = 0.1  # miles


def change_lines(change: ProposedChange, language: Language) -> list[str]:
    """When, how, how far, with whom, and what is there that they need: a line each, for all that is known."""
    _ = language.gettext
    lines = [_days(change, language), _mode(change, language), _miles(change, language)]
    if change.adviser:
        lines.append(_("With %(name)s", name=change.adviser))
    arranged = arranged_needs(change.needs)
    names = {
        "step-free": _("step-free access"),
        "hearing-loop": _("hearing loop"),
        "extra-time": _("extra time"),
    }
    met = [names[need] for need in change.needs if need in names]
    if met:
        lines.append(_("With what is needed: %(needs)s", needs=language.all_of(met)))
    spoken = [need for need in change.needs if need in spoken_needs(change.needs)]
    lines += need_lines(chosen_needs(spoken, "", change.spoken), language)
    if arranged:
        lines.append(_("We look for an interpreter again, for this time"))
    return [line[0].upper() + line[1:] for line in lines if line]


def _days(change: ProposedChange, language: Language) -> str:
    if change.is_same_time:
        return language.gettext("At the same time as before")
    if change.days > 0:
        return language.ngettext("%(num)d day later than before", "%(num)d days later than before", change.days)
    if change.days < 0:
        return language.ngettext("%(num)d day sooner than before", "%(num)d days sooner than before", -change.days)
    return language.gettext("On the same day as before")


def _mode(change: ProposedChange, language: Language) -> str:
    _ = language.gettext
    if change.is_other_mode:
        other = {"in_person": _("In person this time"), "video": _("By video this time")}
        return other.get(change.mode, _("By phone this time: we ring"))
    same = {"in_person": _("In person, as before"), "video": _("By video, as before")}
    return same.get(change.mode, _("By phone, as before"))


def _miles(change: ProposedChange, language: Language) -> str:
    _ = language.gettext
    if change.miles is None:
        return ""
    far = language.miles(abs(change.miles))
    if not change.is_from_home:
        return _("%(miles)s from the place that was booked", miles=far)
    if abs(change.miles) < NO_DISTANCE:
        return _("About as far from home as before")
    if change.miles > 0:
        return _("%(miles)s further from home than before", miles=far)
    return _("%(miles)s nearer to home than before", miles=far)
