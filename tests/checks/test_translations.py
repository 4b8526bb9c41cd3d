"""The catalogues in translations/ hold the words that the code and the pages use now, each with all that it says."""

import re
import subprocess
import sys
from gettext import c2py  # what gettext itself reads the rule with
from pathlib import Path

import pytest
from babel import Locale
from babel.messages.catalog import Catalog, Message
from babel.messages.pofile import read_po

from core.language import DEFAULT_LANGUAGE, LANGUAGES

ROOT = Path(__file__).resolve().parents[2]
CATALOGUES = ROOT / "translations"
EXTRACT = ["extract", "--no-location", "--sort-output", "--omit-header", "-k", "_l", "-k", "_n:1,2"]
EXTRACT += ["-k", "lazy_gettext"]


def pybabel(*arguments: str) -> subprocess.CompletedProcess[str]:
    """What `pybabel` did, run at the root of the repository."""
    command = [sys.executable, "-m", "babel.messages.frontend", "-q", *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True)


def extracted(where: str, file: Path) -> Path:
    """The words in use now that the configuration `where` finds."""
    done = pybabel(*EXTRACT, "-F", where, "-o", str(file), ".")
    assert done.returncode == 0, done.stderr
    return file


def test_the_template_is_up_to_date(tmp_path: Path) -> None:
    fresh = extracted("babel.cfg", tmp_path / "messages.pot")
    assert fresh.read_text() == (CATALOGUES / "messages.pot").read_text(), "Run `make messages`."


PLACEHOLDER, TAG = re.compile(r"%\([a-z_]+\)[a-z]"), re.compile(r"</?[a-zA-Z][^>]*>")


def forms(text: str | tuple[str, ...] | list[str] | None) -> list[str]:
    """The forms of a text: one, or one for each number that its language tells apart."""
    return [text] if isinstance(text, str) else list(text or ())


def faults(message: Message) -> list[str]:
    """What is wrong with a translation: not there, not looked at, or not saying all that the English says."""
    english = forms(message.id)
    found = ["fuzzy"] if message.fuzzy else []
    for text in forms(message.string):
        if not text.strip():
            found.append("missing")
        elif set(PLACEHOLDER.findall(text)) not in [set(PLACEHOLDER.findall(one)) for one in english]:
            found.append(f"other placeholders: {text}")
        elif sorted(TAG.findall(text)) not in [sorted(TAG.findall(one)) for one in english]:
            found.append(f"other elements: {text}")
        elif (text[:1].isspace(), text[-1:].isspace()) != (english[0][:1].isspace(), english[0][-1:].isspace()):
            found.append(f"other spaces around it: {text!r}")
    return found


def catalogue(code: str) -> Catalog:
    """The catalogue of a language."""
    with (CATALOGUES / code / "LC_MESSAGES" / "messages.po").open("rb") as file:
        return read_po(file)


def test_every_catalogue_says_all_that_residents_read(tmp_path: Path) -> None:
    """A text whose English changed is another text, so that no translation can be older than its English."""
    with extracted("translations/residents.cfg", tmp_path / "residents.pot").open("rb") as file:
        in_use = {str(message.id) for message in read_po(file) if message.id}
    for code in (code for code in LANGUAGES if code != DEFAULT_LANGUAGE):
        known = [message for message in catalogue(code) if message.id]
        assert {str(message.id) for message in known} == in_use, f"{code} is behind. Run `make messages`."
        wrong = {str(message.id): found for message in known if (found := faults(message))}
        assert wrong == {}, f"translate these in translations/{code}"


def test_every_catalogue_has_the_plural_forms_of_its_language() -> None:
    """All that the Unicode CLDR tells apart, by a rule that gives the same form as it."""
    for code in (code for code in LANGUAGES if code != DEFAULT_LANGUAGE):
        rule, known = Locale.parse(code).plural_form, catalogue(code)
        counts = [message for message in known if message.id and message.pluralizable]
        assert {len(forms(message.string)) for message in counts} == {known.num_plurals} == {len(rule.tags) + 1}
        of_rule = {rule(number): known_form(known, number) for number in range(120)}
        assert len(set(of_rule.values())) == len(of_rule)
        assert all(of_rule[rule(number)] == known_form(known, number) for number in range(120))


def known_form(known: Catalog, number: int) -> int:
    """Which form the catalogue's own rule gives a number."""
    return int(c2py(known.plural_expr)(number))


@pytest.mark.parametrize(
    ("english", "welsh"),
    [
        ("Hello %(name)s", ""),
        ("Hello %(name)s", "Helo"),
        ("Hello %(name)s", "Helo %(enw)s"),
        ("Go <a>back</a>", "Ewch yn ôl"),
        (("%(num)s day", "%(num)s days"), ("%(num)s diwrnod", "")),
        ("and ", "a"),
    ],
)
def test_a_translation_that_says_less_is_found(english: str | tuple[str, str], welsh: str | tuple[str, ...]) -> None:
    assert faults(Message(english, welsh))
    assert faults(Message(english, english, flags=["fuzzy"]))
    assert not faults(Message(english, english))


# A text that ends in a word, with a value, an element or another text behind it: half a sentence that cannot be turned.
GLUED = re.compile(r'_\("(?:[^"\\]|\\.)*[\w,]"(?:, [^}]*)?\) }} (?:<(?:strong|a|bdi|button)[^>]*>)*\{\{')
SMALL_LETTERS = re.compile(r"\|\s*lower\b")
SEARCHED_BY_SCRIPT = "data-search-text="  # what a script compares with what is typed


def test_no_welsh_word_stands_before_a_day_that_it_would_soften() -> None:
    """ "ar dydd Gwener" is a mistake: it is "ar ddydd Gwener", and the day is written in one form alone."""
    welsh = (CATALOGUES / "cy" / "LC_MESSAGES" / "messages.po").read_text()
    assert not re.findall(r"\bar %\((?:day|when|moment|at|date|until)\)s.*", welsh)


def test_no_sentence_of_a_template_is_glued_from_pieces() -> None:
    templates = sorted((ROOT / "templates").rglob("*.html"))
    found = [f"{path.name}: {hit.group()}" for path in templates for hit in GLUED.finditer(path.read_text())]
    assert found == []


def test_no_template_writes_words_in_small_letters() -> None:
    lines = [
        (path.name, line) for path in (ROOT / "templates").rglob("*.html") for line in path.read_text().splitlines()
    ]
    assert [name for name, line in lines if SMALL_LETTERS.search(line) and SEARCHED_BY_SCRIPT not in line] == []
