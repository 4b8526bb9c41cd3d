"""What people bring to a service in some cases only: "If you rent: your tenancy agreement". Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from core.language import DEFAULT_LANGUAGE, InEnglish


@dataclass(frozen=True, slots=True)
class DocumentCase:
    """When these documents are needed, in the council's own words ("If you rent"), and which they are."""

    case: str
    documents: tuple[str, ...]
    translations: tuple[tuple[str, Any], ...] = ()

    @property
    def line(self) -> str:
        """The case with its documents in one line."""
        line = f"{self.case}: {', '.join(self.documents)}"
        return InEnglish(line) if isinstance(self.case, InEnglish) else line


def document_case(stored: Mapping[str, Any]) -> DocumentCase:
    """A case as it is stored."""
    more = tuple((key, value) for key, value in stored.items() if key not in ("case", "documents") and value)
    return DocumentCase(stored["case"], tuple(stored["documents"]), more)


def case_in(one: DocumentCase, code: str) -> DocumentCase:
    """The case in the language of `code`; in English, marked as such, what has no translation."""
    if code == DEFAULT_LANGUAGE:
        return one
    own = dict(one.translations)
    documents = own.get(f"documents_{code}") or map(InEnglish, one.documents)
    return replace(one, case=own.get(f"case_{code}") or InEnglish(one.case), documents=tuple(documents))
