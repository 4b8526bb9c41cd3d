"""The catalogues in translations/ hold the words that the code and the pages use now."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
CATALOGUES = ROOT / "translations"
EXTRACT = ["extract", "-F", "babel.cfg", "--no-location", "--sort-output", "--omit-header", "-k", "_l", "-k", "_n:1,2"]
EXTRACT += ["-k", "lazy_gettext"]


def pybabel(*arguments: str) -> subprocess.CompletedProcess[str]:
    """What `pybabel` did, run at the root of the repository."""
    command = [sys.executable, "-m", "babel.messages.frontend", "-q", *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True)


@pytest.fixture(scope="module")
def fresh(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The words in use now."""
    file = tmp_path_factory.mktemp("words") / "messages.pot"
    done = pybabel(*EXTRACT, "-o", str(file), ".")
    assert done.returncode == 0, done.stderr
    return file


def test_the_template_is_up_to_date(fresh: Path) -> None:
    assert fresh.read_text() == (CATALOGUES / "messages.pot").read_text(), "Run `make messages`."


def test_every_catalogue_is_up_to_date(fresh: Path) -> None:
    for catalogue in sorted(CATALOGUES.glob("*/LC_MESSAGES/*.po")):
        language = catalogue.parts[-3]
        checked = pybabel(
            "update",
            "--check",
            "--omit-header",
            "--no-fuzzy-matching",
            "-l",
            language,
            "-i",
            str(fresh),
            "-o",
            str(catalogue),
        )
        assert checked.returncode == 0, f"{catalogue} is behind. Run `make messages`. {checked.stderr}"


# A text that ends in a word, with a value, an element or another text behind it: half a sentence that cannot be turned.
GLUED = re.compile(r'_\("(?:[^"\\]|\\.)*[\w,]"(?:, [^}]*)?\) }} (?:<(?:strong|a|bdi|button)[^>]*>)*\{\{')
SMALL_LETTERS = re.compile(r"\|\s*lower\b")
SEARCHED_BY_SCRIPT = "data-search-text="  # what a script compares with what is typed


def test_no_sentence_of_a_template_is_glued_from_pieces() -> None:
    templates = sorted((ROOT / "templates").rglob("*.html"))
    found = [f"{path.name}: {hit.group()}" for path in templates for hit in GLUED.finditer(path.read_text())]
    assert found == []


def test_no_template_writes_words_in_small_letters() -> None:
    lines = [
        (path.name, line) for path in (ROOT / "templates").rglob("*.html") for line in path.read_text().splitlines()
    ]
    assert [name for name, line in lines if SMALL_LETTERS.search(line) and SEARCHED_BY_SCRIPT not in line] == []
