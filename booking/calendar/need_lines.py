"""What a resident needs, said back to them: each need in a line, with how far an interpreter is arranged. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from booking.arrangements import ArrangementState, arrangements_of
from booking.states import OPEN, State
from core.language import Language
from people.residents.details import NEEDS, NeedKind, spoken_needs


class NeedsFacts(Protocol):
    """What is said of the needs of an appointment, and which of them it does not have.

    `spoken_language` is the one that somebody needs an interpreter for.
    """

    @property
    def support_needs(self) -> Sequence[str]: ...
    @property
    def unmet_needs(self) -> Sequence[str]: ...
    @property
    def spoken_language(self) -> str: ...
    @property
    def state(self) -> str: ...
    @property
    def arrangements(self) -> Mapping[str, ArrangementState]: ...


@dataclass(frozen=True)
class ChosenNeeds:
    """The needs of a visit at a time that is not booked yet: an interpreter is not looked for before."""

    support_needs: tuple[str, ...]
    spoken_language: str
    arrangements: Mapping[str, ArrangementState]
    unmet_needs: tuple[str, ...] = ()
    state: str = State.BOOKED


def need_lines(appointment: NeedsFacts, language: Language) -> list[str]:
    """The needs in the usual order, each in a line; none for nobody who needs anything."""
    return list(_lines(appointment, language))


def chosen_needs(needs: Sequence[str], spoken_language: str, spoken: Collection[str]) -> ChosenNeeds:
    """The needs of a time that may be chosen: a language is among `spoken`, or else we look for an interpreter."""
    arranged = arrangements_of(needs, (), spoken=spoken)
    return ChosenNeeds(tuple(needs), spoken_language, {need: arranged[need] for need in spoken_needs(needs)})


def is_not_possible(appointment: NeedsFacts) -> bool:
    """Whether something that is needed could not be arranged."""
    return ArrangementState.NOT_POSSIBLE in appointment.arrangements.values()


def is_asked(appointment: NeedsFacts) -> bool:
    """Whether something that is needed is still being looked for."""
    return ArrangementState.ASKED in appointment.arrangements.values()


def _lines(appointment: NeedsFacts, language: Language) -> Iterator[str]:
    names = _names(appointment.spoken_language, language)
    _ = language.gettext
    for need in NEEDS:
        if need not in appointment.support_needs:
            continue
        name = names[need]
        if need in appointment.unmet_needs:
            is_time = NEEDS[need] is NeedKind.TIME
            yield _("%(need)s: not booked yet", need=name) if is_time else _("%(need)s: not at this place", need=name)
            continue
        state = appointment.arrangements.get(need)
        if state is ArrangementState.ASKED and appointment.state not in OPEN:
            state = None
        texts = _texts(need, appointment, language)
        yield texts[state] % {"need": name} if state in texts else name


def _texts(need: str, appointment: NeedsFacts, language: Language) -> dict[ArrangementState | None, str]:
    """What is said of a need in each state."""
    if NEEDS[need] is not NeedKind.SPOKEN:
        return _of_interpreter(language)
    texts = _of_language(language)
    if isinstance(appointment, ChosenNeeds):
        texts[ArrangementState.ASKED] = language.gettext("%(need)s: with an interpreter, whom we look for")
    return texts


def _of_interpreter(language: Language) -> dict[ArrangementState | None, str]:
    """How far an interpreter who is needed is arranged."""
    _ = language.gettext
    return {
        ArrangementState.ASKED: _("%(need)s: we are looking for one"),
        ArrangementState.CONFIRMED: _("%(need)s: confirmed"),
        ArrangementState.NOT_POSSIBLE: _("%(need)s: we could not find one"),
    }


def _of_language(language: Language) -> dict[ArrangementState | None, str]:
    """How far a meeting in a language is arranged, which an interpreter makes possible where no adviser speaks it."""
    _ = language.gettext
    return {
        ArrangementState.SPOKEN: _("%(need)s: with an adviser who speaks it"),
        ArrangementState.ASKED: _("%(need)s: we are looking for an interpreter"),
        ArrangementState.CONFIRMED: _("%(need)s: with an interpreter"),
        ArrangementState.NOT_POSSIBLE: _("%(need)s: we could not find an interpreter"),
    }


def _names(spoken_language: str, language: Language) -> dict[str, str]:
    _ = language.gettext
    interpreter = _("Interpreter for %(language)s", language=spoken_language) if spoken_language else _("Interpreter")
    return {
        "step-free": _("Step-free access"),
        "hearing-loop": _("Hearing loop"),
        "bsl": _("British Sign Language interpreter"),
        "language": interpreter,
        "welsh": _("Meeting in Welsh"),
        "extra-time": _("Extra time"),
    }
