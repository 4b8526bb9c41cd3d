"""Every button of a form, and what a browser without scripts would send by pressing it."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser


@dataclass
class Button:
    """Where a button sends its form, and with what."""

    action: str
    fields: dict[str, str] = field(default_factory=dict)


class _Reader(HTMLParser):
    """Collects the fields and buttons of one form, by place in it or by the attribute `form`."""

    def __init__(self, form_id: str) -> None:
        super().__init__(convert_charrefs=True)
        self.form_id, self.action = form_id, ""
        self.fields: dict[str, str] = {}
        self.buttons: list[dict[str, str]] = []
        self._is_inside = False
        self._area = self._select = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        facts = {name: value or "" for name, value in attrs}
        if tag == "form":
            self._is_inside = facts.get("id") == self.form_id
            self.action = facts.get("action", "") if self._is_inside else self.action
        is_ours = facts.get("form") == self.form_id if "form" in facts else self._is_inside
        if tag == "option" and self._select and "selected" in facts:
            self.fields[self._select] = facts.get("value", "")
        if is_ours and tag in ("input", "textarea", "select"):
            self._field(tag, facts)
        if is_ours and tag == "button" and facts.get("type", "submit") == "submit":
            self.buttons.append(facts)

    def _field(self, tag: str, facts: dict[str, str]) -> None:
        name, kind = facts.get("name", ""), facts.get("type", "text")
        if tag == "textarea":
            self._area, self.fields[name] = name, ""
        elif tag == "select":
            self._select, self.fields[name] = name, ""
        elif name and (kind not in ("radio", "checkbox") or "checked" in facts):
            self.fields[name] = facts.get("value", "on")

    def handle_endtag(self, tag: str) -> None:
        self._is_inside = self._is_inside and tag != "form"
        self._area = "" if tag == "textarea" else self._area
        self._select = "" if tag == "select" else self._select

    def handle_data(self, data: str) -> None:
        if self._area:
            self.fields[self._area] += data.removeprefix("\n")


def buttons_of(html: str, form_id: str) -> list[Button]:
    """The buttons of the form with this id, in the order of the page."""
    reader = _Reader(form_id)
    reader.feed(html)
    return [
        Button(
            facts.get("formaction") or reader.action,
            reader.fields | ({facts["name"]: facts.get("value", "")} if facts.get("name") else {}),
        )
        for facts in reader.buttons
    ]
