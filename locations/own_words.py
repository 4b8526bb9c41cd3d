"""What a council says in its own words, in another language than English: names, summaries, what to bring. Pure.

A key of the file with the code of a language behind it has the translation: `name_cy` beside `name`. What is not translated
stays English and is marked so (`core.language.InEnglish`). Topics stay as they are, since closures go by them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from core.language import DEFAULT_LANGUAGE, LANGUAGES, InEnglish, language_for
from locations.authority_brand import AuthorityBrand
from locations.document_cases import case_in
from locations.model import AuthorityFacts, Catalogue, ServiceFacts, SiteFacts
from locations.paper_rules import WORDS, rule_in
from locations.triage.tree import TRANSLATED_PARTS, tree_in
from locations.triage_questions import MOST_COUNTED, TriageQuestion
from locations.wards.ward_facts import ward_in

Facts = TypeVar("Facts", AuthorityFacts, AuthorityBrand, ServiceFacts, SiteFacts)

OTHER_LANGUAGES = tuple(code for code in LANGUAGES if code != DEFAULT_LANGUAGE)
# The keys that have translations, by the kind of the table in the file.
TRANSLATED: Mapping[str, tuple[str, ...]] = {
    "council": ("name", "opening_words"),
    "service": (
        "name",
        "topic",
        "summary",
        "documents",
        "done_lines",
        "also_called",
        "message_name",
        "online_instead",
        "post_instead",
        "catchment_instead",
        "case_number",
        "where_to_go",
    ),
    "ward": ("name",),
    "site": ("name", "opening_words", "directions", "where_to_go"),
    "triage_questions": ("ask", "tell", "instead"),
    "documents_by_case": ("case", "documents"),
    "documents_by_rule": (*WORDS, "one_of"),
    "triage": ("name",),
    **TRANSLATED_PARTS,
}
QUESTION_PARTS = ("ask", "say", "tell", "wrong_answer", "instead")
# Those that another value of the facts holds, or that are not shown from them.
_NO_PAPERS: Mapping[str, Any] = {"documents": (), "documents_by_case": (), "documents_by_rule": (), "done_lines": ()}
_KEPT_ELSEWHERE = frozenset({"topic", "also_called", "where_to_go"})


def key_in(name: str, code: str) -> str:
    """The key of the translation of `name` into a language."""
    return f"{name}_{code}"


def translated_key(key: str) -> tuple[str, str] | None:
    """The key that `key` translates and the code of the language; None for a key that translates nothing."""
    name, _, code = key.rpartition("_")
    return (name, code) if name and code in OTHER_LANGUAGES else None


def translation_keys(kind: str) -> tuple[str, ...]:
    """The keys of all translations in a table of this kind."""
    return tuple(key_in(name, code) for name in TRANSLATED.get(kind, ()) for code in OTHER_LANGUAGES)


def kept_translations(values: Mapping[str, Any]) -> dict[str, Any]:
    """The translations among `values` that say something."""
    return {key: value for key, value in values.items() if value and translated_key(key)}


def triage_question(asked: Mapping[str, Any]) -> TriageQuestion:
    """A question as it is stored."""
    translations = tuple(kept_translations(asked).items())
    parts = {name: asked.get(name, "") for name in QUESTION_PARTS}
    each = asked.get("minutes_each") or 0
    most = (asked.get("most") or MOST_COUNTED) if each else 0
    return TriageQuestion(**parts, translations=translations, minutes_each=each, most=most)


def languages_for(authority: AuthorityFacts, code: str) -> tuple[str, ...]:
    """In which languages to write to somebody who wants that of `code`; in two, if need be, where nobody has asked."""
    if code in authority.languages:
        return (code,)
    both = tuple(dict.fromkeys((authority.first_language, DEFAULT_LANGUAGE)))
    return both if set(both) <= set(authority.languages) else authority.languages[:1]


def council_name_for(authority: AuthorityFacts, language: str) -> str:
    """The council's name as it writes to somebody of this language: in each of the languages in which they get messages."""
    names = (words_in(authority, code).name for code in languages_for(authority, language))
    return " / ".join(dict.fromkeys(names))


def link_in(authority: AuthorityFacts, code: str, url: str) -> str:
    """The link, to the page in the language of `code` where the council has more than one."""
    return f"{url}?lang={code}" if url and len(authority.languages) > 1 else url


def council_in(catalogue: Catalogue, code: str) -> Catalogue:
    """The catalogue with a council's own words in the language of `code`; itself in English."""
    if code == DEFAULT_LANGUAGE:
        return catalogue
    known: Catalogue | None = catalogue.memory.get(("in", code))
    if known is None:
        known = catalogue.memory["in", code] = replace(
            catalogue,
            authority=words_in(catalogue.authority, code),
            services=tuple(words_in(service, code) for service in catalogue.services),
            sites=tuple(words_in(site, code) for site in catalogue.sites),
        )
    return known


def words_in(facts: Facts, code: str) -> Facts:
    """The facts of a council, service or site with their words in the language of `code`; themselves in English."""
    if code == DEFAULT_LANGUAGE:
        return facts
    changes = {name: _translated(facts, name, code) for name in _names_of(facts)}
    if isinstance(facts, ServiceFacts):
        changes |= {"triage_questions": tuple(_question_in(asked, code) for asked in facts.triage_questions)}
        changes |= {"documents_by_case": tuple(case_in(one, code) for one in facts.documents_by_case)}
        changes |= {"documents_by_rule": tuple(rule_in(one, code) for one in facts.documents_by_rule)}
        changes |= {"wards": tuple(ward_in(ward, code) for ward in facts.wards)}
        changes |= {"also_called": _names_to_search(facts, code)}
    if isinstance(facts, AuthorityFacts):
        changes |= {"triages": tuple(tree_in(tree, code) for tree in facts.triages)}
    if isinstance(facts, ServiceFacts | SiteFacts) and facts.ending is not None:
        words = facts.translations.get(key_in("where_to_go", code)) or _marked(facts.ending.where_to_go)
        changes |= {"ending": replace(facts.ending, where_to_go=words)}
    changed: Facts = replace(facts, **changes)
    if isinstance(facts, SiteFacts):  # what was worked out of its plan holds in every language
        object.__setattr__(changed, "memory", facts.memory)
    return changed


def topic_in(service: ServiceFacts, code: str) -> str:
    """The heading under which a service stands, in the language of `code`."""
    if code == DEFAULT_LANGUAGE:
        return service.topic
    return service.translations.get(key_in("topic", code)) or _marked(service.topic)


def by_neutral_name(service: ServiceFacts) -> ServiceFacts:
    """The service as messages say it: by its neutral name, in every language that has one, and no other words.

    One without a neutral name is called an appointment.
    """
    if not service.message_name:
        english, *others = (language_for(code).gettext("Appointment") for code in (DEFAULT_LANGUAGE, *OTHER_LANGUAGES))
        words = {key_in("name", code): name for code, name in zip(OTHER_LANGUAGES, others, strict=True)}
        return replace(service, name=english, translations=words, **_NO_PAPERS)
    words = {
        key_in(key, code): name
        for code in OTHER_LANGUAGES
        if (name := service.translations.get(key_in("message_name", code)))
        for key in ("name", "message_name")
    }
    return replace(service, name=service.message_name, translations=words, **_NO_PAPERS)


@dataclass(frozen=True)
class Told:
    """What is told of a visit for `services_booked`, in messages, calendars and letters, where a name would say too much.

    A service with a neutral name says nothing else of what it is. Where `is_neutral`, since somebody has asked for it, no
    service does; one without a neutral name is called an appointment.
    """

    services_booked: Sequence[ServiceFacts]
    is_neutral: bool = False

    @property
    def services(self) -> tuple[ServiceFacts, ...]:
        """The services as they are told."""
        booked = self.services_booked
        return tuple(by_neutral_name(one) if one.message_name or self.is_neutral else one for one in booked)

    @property
    def is_hidden(self) -> bool:
        """Whether a service of it has a neutral name, or is to have one."""
        return self.is_neutral or any(service.message_name for service in self.services_booked)

    def site(self, site: SiteFacts) -> SiteFacts:
        """The site as it is told: by its address alone where a service has a neutral name, or is to have one."""
        return _place_alone(site) if self.is_hidden else site

    @property
    def hidden_names(self) -> tuple[str, ...]:
        """The names of the services that nobody may read, in every language, because somebody has asked for that."""
        keys = [key_in("name", code) for code in OTHER_LANGUAGES]
        names = ((service.name, *map(service.translations.get, keys)) for service in self.services_booked)
        return tuple(name for each in names for name in each if name) if self.is_neutral else ()


def _place_alone(site: SiteFacts) -> SiteFacts:
    """The site by its address, without a name that may say what people come for; by its name where it has no address."""
    first, *rest = site.address.splitlines() or [site.name]
    directions = {key_in("directions", code) for code in OTHER_LANGUAGES}
    translations = {key: value for key, value in site.translations.items() if key in directions}
    return replace(site, name=first, address="\n".join(rest), opening_words="", translations=translations)


def _names_of(facts: object) -> Iterable[str]:
    kind = "service" if isinstance(facts, ServiceFacts) else "site" if isinstance(facts, SiteFacts) else "council"
    names = (name for name in TRANSLATED[kind] if name not in _KEPT_ELSEWHERE)
    return (name for name in names if hasattr(facts, name))


def _translated(facts: Any, name: str, code: str) -> Any:
    own, english = facts.translations.get(key_in(name, code)), getattr(facts, name)
    if isinstance(english, tuple):
        return tuple(own) if own else tuple(_marked(one) for one in english)
    return own or _marked(english)


def _marked(text: str) -> str:
    return InEnglish(text) if text else text


def _question_in(asked: TriageQuestion, code: str) -> TriageQuestion:
    translations = dict(asked.translations)
    words: dict[str, Any] = {
        name: translations.get(key_in(name, code)) or _marked(getattr(asked, name))
        for name in TRANSLATED["triage_questions"]
    }
    return replace(asked, **words)


def _names_to_search(service: ServiceFacts, code: str) -> tuple[str, ...]:
    """What people call it in that language, and in English."""
    return (*service.translations.get(key_in("also_called", code), ()), service.name, *service.also_called)
