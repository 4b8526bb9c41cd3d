"""The catalogues in translations/ hold the words that the code and the pages use now."""

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
