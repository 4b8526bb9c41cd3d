"""The lock files pin and hash everything that the .in files ask for, and name no registry. All offline."""

import json
import re
import subprocess
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[2]
LOCKS = {"requirements.txt": ["requirements.in"], "requirements-dev.txt": ["requirements.in", "requirements-dev.in"]}
ENTRY = re.compile(r"^(?P<name>[A-Za-z0-9][\w.-]*)(?:\[[^]]*\])?==(?P<version>\S+)", re.MULTILINE)
# In pieces, so that this file does not find itself.
REGISTRY_HOSTS = [".".join(parts) for parts in (("pypi", "org"), ("pythonhosted", "org"), ("npmjs", "org"))] + [
    ".".join(parts) for parts in (("npmjs", "com"), ("yarnpkg", "com"), ("deb", "debian", "org"))
]


def wanted(text: str) -> list[Requirement]:
    """What an .in file asks for."""
    lines = (line.split("#")[0].strip() for line in text.splitlines())
    return [Requirement(line) for line in lines if line and not line.startswith("-")]


def entries(text: str) -> dict[str, list[str]]:
    """The pinned versions of each package in a lock file; several where they differ by Python's version."""
    found: dict[str, list[str]] = {}
    for match in ENTRY.finditer(text):
        found.setdefault(canonicalize_name(match["name"]), []).append(match["version"])
    return found


def without_hash(text: str) -> list[str]:
    """The names of the entries in a lock file that have no hash."""
    starts = [match.start() for match in ENTRY.finditer(text)]
    pieces = [text[start:end] for start, end in zip(starts, [*starts[1:], len(text)], strict=True)]
    return [piece.split("==")[0] for piece in pieces if "--hash=sha256:" not in piece]


def tracked_files() -> list[Path]:
    """Every file that git keeps."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, check=True, capture_output=True).stdout.decode()
    return [file for name in listed.split("\0") if name and (file := ROOT / name).is_file()]


def registry_hosts_in(text: str) -> list[str]:
    """The registries that `text` names."""
    return [host for host in REGISTRY_HOSTS if host in text.lower()]


@pytest.mark.parametrize("lock", LOCKS)
def test_the_lock_satisfies_what_is_asked_for(lock: str) -> None:
    pinned = entries((ROOT / lock).read_text())
    for source in LOCKS[lock]:
        for requirement in wanted((ROOT / source).read_text()):
            versions = pinned.get(canonicalize_name(requirement.name), [])
            assert any(requirement.specifier.contains(version) for version in versions), (
                f"{source} asks for {requirement}; {lock} has {versions or 'none'}. Run `make lock`."
            )


def test_both_locks_agree() -> None:
    run, dev = (entries((ROOT / lock).read_text()) for lock in LOCKS)
    assert {name: dev.get(name) for name in run} == run


@pytest.mark.parametrize("lock", LOCKS)
def test_every_entry_has_a_hash(lock: str) -> None:
    assert without_hash((ROOT / lock).read_text()) == []


def test_an_entry_without_a_hash_is_found() -> None:
    assert without_hash("flask==3.1.3 \\\n    --hash=sha256:ab\njinja2==3.1.6\n") == ["jinja2"]


def test_no_tracked_file_names_a_registry() -> None:
    named = {file: registry_hosts_in(file.read_text(encoding="utf-8", errors="ignore")) for file in tracked_files()}
    assert {str(file.relative_to(ROOT)): hosts for file, hosts in named.items() if hosts} == {}


@pytest.mark.parametrize("host", REGISTRY_HOSTS)
def test_a_registry_is_found_wherever_it_stands(host: str) -> None:
    assert registry_hosts_in(f"--index-url https://{host.upper()}/simple") == [host]


def test_the_npm_lock_is_of_this_package_and_names_no_address() -> None:
    package = json.loads((ROOT / "package.json").read_text())
    lock = json.loads((ROOT / "package-lock.json").read_text())
    root = lock["packages"][""]
    for group in ("dependencies", "devDependencies"):
        assert root[group] == package[group], "Run `make lock`."
    others = {name: entry for name, entry in lock["packages"].items() if name}
    assert [name for name, entry in others.items() if "resolved" in entry] == []
    assert [name for name, entry in others.items() if "integrity" not in entry] == []
