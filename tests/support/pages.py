"""Every page that a test renders is checked: title, one heading, ids, labels, forms and their tokens."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field, replace
from html.parser import HTMLParser

RUN_TOGETHER = re.compile(r"\b[\w’]*[a-z]{2}[.!?:;][A-Z][a-z]\w*")
_UNLABELLED_TYPES = {"hidden", "submit", "button"}


@dataclass
class Form:
    """One form of the page: where it goes, how, its fields, and the names of those that somebody types or ticks.

    `kinds` are the types of the inputs by name, `ids` what a link to them can name, `choices` the values to choose from.
    """

    action: str
    method: str
    id: str = ""
    fields: dict[str, list[str]] = field(default_factory=dict)
    buttons: list[tuple[str, str]] = field(default_factory=list)
    typed: set[str] = field(default_factory=set)
    other_actions: list[str] = field(default_factory=list)
    kinds: dict[str, str] = field(default_factory=dict)
    ids: dict[str, set[str]] = field(default_factory=dict)
    button_actions: list[str] = field(default_factory=list)
    choices: dict[str, list[str]] = field(default_factory=dict)
    is_hidden: bool = False  # until a script shows it
    says_who_is_told: bool = False

    def values(self, **typed: str | list[str]) -> dict[str, str | list[str]]:
        """What the browser would send, with `typed` on top."""
        return {**self.fields, **typed}

    def values_of(self, button: str) -> list[str]:
        """The values of the form's buttons that have this name."""
        return [value for name, value in self.buttons if name == button]


@dataclass
class Page:
    """What a test wants to know about a page of HTML."""

    title: str = ""
    headings: list[str] = field(default_factory=list)
    ids: list[str] = field(default_factory=list)
    labels_for: set[str] = field(default_factory=set)
    inputs: list[dict[str, str]] = field(default_factory=list)
    forms: list[Form] = field(default_factory=list)
    links: list[tuple[str, str]] = field(default_factory=list)
    text: str = ""
    inline: list[str] = field(default_factory=list)
    run_together: list[str] = field(default_factory=list)

    def form_to(self, ending: str) -> Form:
        """The first form with an action, or a button with one, that ends so. Raises: AssertionError naming them all."""
        for form in self.forms:
            for action in (form.action, *form.other_actions):
                if action.split("?")[0].endswith(ending):
                    return replace(form, action=action)
        raise AssertionError(
            f"no form to {ending!r} on {self.title!r}; there are {[form.action for form in self.forms]}"
        )

    def link(self, words: str) -> str:
        """The address of the first link whose words contain `words`."""
        for text, href in self.links:
            if words.casefold() in text.casefold():
                return href
        raise AssertionError(f"no link {words!r}; there are {[text for text, _ in self.links]}")


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.page = Page()
        self._open: list[str] = []
        self._form: Form | None = None
        self._area: tuple[Form, str] | None = None
        self._select: str = ""
        self._outside: list[dict[str, str]] = []

    def updatepos(self, i: int, j: int) -> int:
        """Not count lines, which nobody asks for: it is a tenth of the time."""
        return j

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        facts = {name: value or "" for name, value in attrs}
        page = self.page
        if "id" in facts:
            page.ids.append(facts["id"])
        page.inline += [f"{tag} {name}" for name in facts if name == "style" or name.startswith("on")]
        if tag == "style" or (tag == "script" and "src" not in facts and "nonce" not in facts):
            page.inline.append(tag)
        self._open_words(tag, facts)
        if tag == "label":
            page.labels_for.add(facts.get("for", ""))
        if tag == "form":
            self._form = Form(facts.get("action", ""), facts.get("method", "get").lower(), facts.get("id", ""))
            self._form.is_hidden = "hidden" in facts
            page.forms.append(self._form)
        if self._form and "fd-told" in facts.get("class", "").split():
            self._form.says_who_is_told = True
        if tag in ("input", "select", "textarea"):
            self._field(tag, facts)
        if tag == "button" and "form" in facts:
            self._outside.append(facts)
        elif self._form and tag in ("option", "button"):
            self._choice(self._form, tag, facts)

    def _choice(self, form: Form, tag: str, facts: dict[str, str]) -> None:
        if tag == "option" and self._select:
            form.choices.setdefault(self._select, []).append(facts.get("value", ""))
            if "selected" in facts:
                form.fields[self._select] = [facts.get("value", "")]
        if tag == "button" and "formaction" in facts:
            form.other_actions.append(facts["formaction"])
        if tag == "button" and facts.get("name"):
            form.buttons.append((facts["name"], facts.get("value", "")))
            form.button_actions.append(facts.get("formaction", form.action))

    def _open_words(self, tag: str, facts: dict[str, str]) -> None:
        if tag in ("title", "h1", "a"):
            self._open.append(tag)
        if tag == "h1":
            self.page.headings.append("")
        if tag == "a":
            self.page.links.append(("", facts.get("href", "")))

    def _field(self, tag: str, facts: dict[str, str]) -> None:
        kind = facts.get("type", "text") if tag == "input" else tag
        if kind not in _UNLABELLED_TYPES:
            self.page.inputs.append(facts)
        if self._form is None or "name" not in facts:
            return
        self._form.kinds[facts["name"]] = kind
        self._form.ids.setdefault(facts["name"], set()).add(facts.get("id", ""))
        if kind not in _UNLABELLED_TYPES:
            self._form.typed.add(facts["name"])
        if kind in ("radio", "checkbox"):
            self._form.choices.setdefault(facts["name"], []).append(facts.get("value", "on"))
            if "checked" in facts:
                self._form.fields.setdefault(facts["name"], []).append(facts.get("value", "on"))
        elif tag == "textarea":
            self._form.fields[facts["name"]] = [""]
            self._area = (self._form, facts["name"])
        elif tag == "select":
            self._select = facts["name"]
        else:
            self._form.fields.setdefault(facts["name"], []).append(facts.get("value", ""))

    def handle_endtag(self, tag: str) -> None:
        if tag in self._open:
            self._open.remove(tag)
        if tag == "form":
            self._form = None
        if tag == "textarea":
            self._area = None
        if tag == "select":
            self._select = ""

    def close(self) -> None:
        """Give the buttons that stand outside their form to it."""
        super().close()
        for facts in self._outside:
            for form in self.page.forms:
                if form.id == facts["form"]:
                    self._choice(form, "button", facts)

    def handle_data(self, data: str) -> None:
        page = self.page
        page.text += data if data.strip() else " "
        if self.cdata_elem is None:  # the content of a script
            page.run_together += RUN_TOGETHER.findall(data)
        if "title" in self._open:
            page.title += data
        if "h1" in self._open:
            page.headings[-1] += data
        if "a" in self._open:
            words, href = page.links[-1]
            page.links[-1] = (words + data, href)
        if self._area:
            form, name = self._area
            form.fields[name] = [form.fields[name][0] + data.removeprefix("\n")]


def read_page(html: str) -> Page:
    """The page as a test sees it."""
    reader = _Reader()
    reader.feed(html)
    reader.close()
    page = reader.page
    page.text, page.title = _tidy(page.text), _tidy(page.title)
    page.headings = [_tidy(words) for words in page.headings]
    page.links = [(_tidy(words), href) for words, href in page.links]
    return page


def _tidy(words: str) -> str:
    return " ".join(words.split())


def check_page(html: str) -> Page:
    """The page, once it is sound. Raises: AssertionError saying what is wrong with it."""
    page = read_page(html)
    assert page.title.strip(), "a page needs a title"
    assert len(page.headings) == 1, f"a page has one h1, not {page.headings}"
    assert page.headings[0], "the h1 says something"
    repeated = [name for name, count in Counter(page.ids).items() if count > 1]
    assert not repeated, f"ids occur twice: {repeated}"
    for facts in page.inputs:
        is_labelled = facts.get("id") in page.labels_for or facts.get("aria-label") or facts.get("aria-labelledby")
        assert is_labelled, f"an input without a label: {facts}"
    for form in page.forms:
        assert form.action, "a form says where it goes"
        if form.method == "post":
            assert form.fields.get("csrf_token"), f"the form to {form.action} has no CSRF token"
    assert not page.run_together, f"sentences without a space between them: {page.run_together}"
    assert not page.inline, f"inline styles or scripts break the policy: {page.inline}"
    local = {href[1:] for _, href in page.links if href.startswith("#") and len(href) > 1}
    assert local <= set(page.ids), f"links within the page that lead nowhere: {local - set(page.ids)}"
    return page
