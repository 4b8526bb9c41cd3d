"""Reads the imports and the sizes of our modules, and says which rule of the house each breach breaks."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
# One order: a package imports from those before it. `web` and `api` do not import each other.
PACKAGES = ("core", "locations", "people", "booking", "reminders", "insight", "web", "api", "demo")
NOT_EACH_OTHER = frozenset({("web", "api"), ("api", "web")})
MAX_MODULE_LINES = 300
MAX_FUNCTION_LINES = 40

# The floors of a package, from the ground up; a module imports its own floor and those below.
FLOORS = ("pure", "tables", "queries", "use_cases", "edge")
FLOOR_OF_NAME = {
    "tables": "tables",
    "repository": "queries",
    "queries": "queries",
    "use_cases": "use_cases",
    "views": "edge",
    "forms": "edge",
    "api": "edge",
    "cli": "edge",
}
PURE_NAMES = frozenset({"model", "availability", "policy", "opening", "plan", "names", "wall_clock", "errors", "brand"})
NOT_PURE = frozenset({"flask", "flask_babel", "flask_wtf", "wtforms", "sqlalchemy", "alembic", "core.clock"})
WEB = frozenset({"flask", "flask_wtf", "wtforms", "werkzeug"})

CLOCK_MODULE = "core.clock"
CLOCK_READERS = {
    "datetime": frozenset({"now", "utcnow", "today"}),
    "date": frozenset({"today"}),
    "time": frozenset({"time", "time_ns", "localtime", "gmtime"}),
}


@dataclass(frozen=True)
class Module:
    """The source of one module under its dotted name."""

    name: str
    source: str

    @property
    def parts(self) -> list[str]:
        """`booking.availability.engine` in pieces."""
        return self.name.split(".")

    @property
    def package(self) -> str:
        """The first piece."""
        return self.parts[0]


def breaches(module: Module) -> list[str]:
    """Every rule that `module` breaks, as `name:line: what`; none when it keeps to the house."""
    tree = ast.parse(module.source)
    found = [*_import_breaches(module, tree), *_clock_breaches(module, tree), *_size_breaches(module, tree)]
    return [f"{module.name}:{line}: {what}" for line, what in sorted(found)]


def our_modules(root: Path = ROOT) -> Iterator[Module]:
    """The modules of the product's own packages, and the composition root."""
    for file in [root / "wsgi.py", *(file for package in PACKAGES for file in sorted((root / package).rglob("*.py")))]:
        name = ".".join(file.relative_to(root).with_suffix("").parts).removesuffix(".__init__")
        yield Module(name, file.read_text(encoding="utf-8"))


def floor_of(name: str) -> str | None:
    """The floor that the dotted module `name` stands on, when its name says so."""
    parts = name.split(".")
    if parts[0] not in PACKAGES:
        return None
    for part in parts[1:]:
        if part in FLOOR_OF_NAME:
            return FLOOR_OF_NAME[part]
        if part in PURE_NAMES:
            return "pure"
    return None


def imports_of(module: Module, tree: ast.AST) -> Iterator[tuple[int, str]]:
    """The line and dotted name of all that `module` imports when it runs; not what only type checkers read."""
    for node in _walk_at_run_time(tree):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            start = ".".join(module.parts[: -node.level]) if node.level else ""
            base = ".".join(filter(None, [start, node.module or ""]))
            yield from ((node.lineno, f"{base}.{alias.name}") for alias in node.names)


def _walk_at_run_time(node: ast.AST) -> Iterator[ast.AST]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.If) and "TYPE_CHECKING" in ast.unparse(child.test):
            continue
        yield child
        yield from _walk_at_run_time(child)


def _import_breaches(module: Module, tree: ast.AST) -> Iterator[tuple[int, str]]:
    for line, name in imports_of(module, tree):
        package = name.split(".")[0]
        if _is_forbidden_package(module.package, package):
            yield line, f"{module.package} must not import {package}"
        if floor_of(module.name) == "pure" and _is_one_of(name, NOT_PURE):
            yield line, f"a pure module must not import {name}"
        elif floor_of(module.name) in {"tables", "queries", "use_cases"} and _is_one_of(name, WEB):
            yield line, f"there is no HTTP below views and api: {name}"
        elif module.package == package and _is_above(module.name, name):
            yield line, f"the floor {floor_of(module.name)} must not import {name} from the floor above"


def _is_forbidden_package(importer: str, imported: str) -> bool:
    if importer not in PACKAGES or importer == imported:
        return False
    if imported == "wsgi" or (importer, imported) in NOT_EACH_OTHER:
        return True
    return imported in PACKAGES and PACKAGES.index(imported) > PACKAGES.index(importer)


def _is_one_of(name: str, names: frozenset[str]) -> bool:
    return any(name == one or name.startswith(f"{one}.") for one in names)


def _is_above(importer: str, imported: str) -> bool:
    lower, upper = floor_of(importer), floor_of(imported)
    return lower is not None and upper is not None and FLOORS.index(upper) > FLOORS.index(lower)


def _clock_breaches(module: Module, tree: ast.AST) -> Iterator[tuple[int, str]]:
    if module.name == CLOCK_MODULE:
        return
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            owner = ast.unparse(node.func.value).split(".")[-1]
            if node.func.attr in CLOCK_READERS.get(owner, frozenset()):
                yield node.lineno, f"only core/clock.py reads a clock: {ast.unparse(node.func)}()"
        elif isinstance(node, ast.ImportFrom) and node.module == "time":
            names = CLOCK_READERS["time"] & {alias.name for alias in node.names}
            yield from ((node.lineno, f"only core/clock.py reads a clock: time.{name}") for name in sorted(names))


def _size_breaches(module: Module, tree: ast.AST) -> Iterator[tuple[int, str]]:
    lines = len(module.source.splitlines())
    if lines > MAX_MODULE_LINES:
        yield 1, f"{lines} lines in one module; {MAX_MODULE_LINES} at most"
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            length = (node.end_lineno or node.lineno) - node.lineno + 1
            if length > MAX_FUNCTION_LINES:
                yield node.lineno, f"{node.name} has {length} lines; {MAX_FUNCTION_LINES} at most"
