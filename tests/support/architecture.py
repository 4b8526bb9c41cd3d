"""Reads the imports, names and sizes of our modules, and says which rule of the architecture each breach breaks.

The rules (docs/decisions/ says why):

1. One order of packages. A package imports from those before it; pages (`web`, `planner`, `council`) and `api` do not
   import each other.
2. Flask and what belongs to it is for `web`, `planner`, `council`, `api`, `demo`, `wsgi` and `core.flask_context`.
   Domain packages are plain Python and SQLAlchemy, and Jinja for the text of messages.
3. In a domain package every module has a layer: pure, tables, queries, use_cases, cli. It imports its own layer and those
   below, of any package. A module is pure unless its name or the table below says otherwise, so a new module that
   imports SQLAlchemy fails until it is named for what it is.
4. Two modules have one name only where the name says the layer.
5. No package holds more than a third of the code; modules and functions have a greatest length.
6. Modules do not import each other in a cycle; what only type checkers import counts too.
"""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = (
    "core",
    "locations",
    "people",
    "booking",
    "reminders",
    "insight",
    "web",
    "api",
    "planner",
    "council",
    "demo",
)
OUTER = frozenset({"web", "api", "planner", "council", "demo", "wsgi"})
NOT_EACH_OTHER = frozenset({("web", "api"), ("api", "web"), ("planner", "api"), ("council", "api")})
MAX_SHARE = 1 / 3
MAX_MODULE_LINES = 300
MAX_FUNCTION_LINES = 40

LAYERS = ("pure", "tables", "queries", "use_cases", "cli")
LAYER_OF_FOLDER_OR_NAME = {
    "tables": "tables",
    "queries": "queries",
    "repository": "queries",
    "capacity": "queries",
    "use_cases": "use_cases",
    "cli": "cli",
}
LAYER_OF_SUFFIX = {"_queries": "queries", "_repository": "queries"}
# Modules that are not pure and are named for what they hold.
LAYER_OF_MODULE = {
    "core.database": "tables",
    "core.commit_stamps": "tables",
    "core.connections": "tables",
    "core.outages": "tables",
    "core.revisions": "tables",
    "core.write_probe": "queries",
    "core.clock": "tables",  # the database's clock
    "core.audit": "queries",
    "core.audit_verification": "queries",
    "core.idempotency": "queries",
    "core.transactions": "tables",
    "core.runtime": "queries",
    "core.browser_states": "queries",
    "core.rate_limits": "queries",
    "core.flask_context": "cli",
    "booking.confirmation_columns": "tables",
    "booking.own_contact_columns": "tables",
    "booking.paper_columns": "tables",
    "locations.ids_by_slug": "queries",
    "people.residents.mandate_columns": "tables",
    "locations.message_policy": "tables",
    "locations.promise_policy": "tables",
    "locations.rebooking_policy": "tables",
    "locations.staff_policy": "tables",
    "locations.case_number_policy": "tables",
    "locations.catchment_policy": "tables",
    "locations.document_policy": "tables",
    "locations.confirmation_policy": "tables",
    "locations.session_columns": "tables",
    "locations.site_screen_columns": "tables",
    "locations.site_words": "tables",
    "locations.waiting_policy": "tables",
    "locations.translated_columns": "tables",
    "locations.importing.apply": "use_cases",
    "locations.importing.apply_removals": "use_cases",
    "locations.importing.apply_sessions": "use_cases",
    "people.residents.access_log": "queries",
    "people.residents.contact_notes": "queries",
    "people.staff.accounts": "use_cases",
    "people.staff.api_keys": "queries",
    "people.staff.colleagues": "use_cases",
    "people.staff.colleague_import": "use_cases",
    "people.staff.former_staff": "use_cases",
    "people.staff.key_changes": "use_cases",
    "people.staff.own_account": "use_cases",
    "people.staff.second_step": "use_cases",
    "people.staff.password_links": "use_cases",
    "people.staff.password_requests": "use_cases",
    "people.staff.sign_in": "use_cases",
    "people.staff.sign_in_sessions": "queries",
    "reminders.bounces": "use_cases",
    "reminders.contact_columns": "tables",
    "reminders.channels.stored": "queries",
    "reminders.channels.registry": "queries",
    "reminders.channels.shared_pace": "queries",
    "reminders.owed_calls": "use_cases",
    "reminders.channel_queue": "use_cases",
    "reminders.corrections": "use_cases",
    "reminders.costs.kind_switching": "use_cases",
    "reminders.costs.running_trials": "queries",
    "reminders.failure_work": "use_cases",
    "reminders.hand_made.made_tasks": "use_cases",
    "reminders.confirming.unconfirmed": "use_cases",
    "reminders.heartbeat": "queries",
    "reminders.held_offers": "use_cases",
    "reminders.inbound": "use_cases",
    "reminders.inbound_texts": "queries",
    "reminders.day_calls": "queries",
    "reminders.ledger": "use_cases",
    "reminders.loaded_data": "queries",
    "reminders.operator_commands": "cli",
    "reminders.outbox": "queries",
    "reminders.outdated": "queries",
    "reminders.passed_on": "queries",
    "reminders.rerouting": "queries",
    "reminders.progress_owed": "queries",
    "reminders.summaries_owed": "queries",
    "reminders.privacy.personal_columns": "tables",
    "reminders.privacy.personal_tables": "queries",
    "reminders.privacy.retention": "use_cases",
    "reminders.queue": "queries",
    "reminders.allowances": "queries",
    "reminders.receipts": "queries",
    "reminders.returned_letters": "queries",
    "reminders.reconciliation": "use_cases",
    "reminders.scheduler": "use_cases",
    "reminders.paper_messages": "use_cases",
    "reminders.pausing": "use_cases",
    "reminders.plain_mails": "use_cases",
    "reminders.site_messages": "use_cases",
    "reminders.staff_mails": "use_cases",
    "reminders.stuck_messages": "use_cases",
    "reminders.urgent_alerts": "use_cases",
    "reminders.slow_conversations": "use_cases",
    "reminders.template_commands": "cli",
    "reminders.told_since": "queries",
    "reminders.untold": "use_cases",
    "reminders.untried": "use_cases",
    "reminders.wish_failure_work": "use_cases",
    "reminders.call_text_tables": "tables",
    "reminders.call_texts": "use_cases",
    "reminders.invitation_mails": "use_cases",
    "reminders.invitation_tables": "tables",
    "reminders.wish_tables": "tables",
    "reminders.wish_mails": "use_cases",
    "reminders.worker": "use_cases",
}
NAMES_OF_LAYERS = frozenset({"tables", "forms", "views", "queries", "repository", "cli", "__init__"})

NOT_PURE = frozenset({"sqlalchemy", "alembic", "psycopg"})
WEB_LIBRARIES = frozenset({"flask", "flask_babel", "flask_wtf", "wtforms", "werkzeug"})
MAY_IMPORT_FLASK = frozenset({"core.flask_context"})
# Breaches that are known, `importer imported`; the list may only shrink.
KNOWN_BREACHES: frozenset[str] = frozenset()

# Cycles that are known, as the modules that each holds; the list may only shrink.
KNOWN_CYCLES: frozenset[frozenset[str]] = frozenset()

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
    """Every rule that `module` breaks by itself, as `name:line: what`; none when it keeps to the architecture."""
    tree = ast.parse(module.source)
    found = [*_import_breaches(module, tree), *_clock_breaches(module, tree), *_size_breaches(module, tree)]
    return [f"{module.name}:{line}: {what}" for line, what in sorted(found)]


def breaches_between(modules: Sequence[Module]) -> list[str]:
    """The rules that modules break together: names used twice, packages that hold too much, and cycles."""
    new_cycles = import_cycles(modules) - KNOWN_CYCLES
    return [
        *_double_names(modules),
        *_large_packages(modules),
        *sorted(f"{' and '.join(sorted(cycle))} import each other" for cycle in new_cycles),
    ]


def import_cycles(modules: Sequence[Module]) -> set[frozenset[str]]:
    """The sets of modules of which each imports each other, directly or through others, wherever the import stands."""
    names = {module.name for module in modules}
    graph = {module.name: _imported_modules(module, names) for module in modules}
    reached = {name: _reachable(graph, name) for name in graph}
    return {
        frozenset({name, *(other for other in reached[name] if name in reached[other])})
        for name in graph
        if name in reached[name]
    }


def _imported_modules(module: Module, names: set[str]) -> set[str]:
    imported = (name for _, name in _imports_in(module, ast.walk(ast.parse(module.source))))
    found = {name if name in names else name.rpartition(".")[0] for name in imported}
    return (found & names) - {module.name}


def _reachable(graph: Mapping[str, set[str]], start: str) -> set[str]:
    """What can be reached from `start` by one step or more."""
    reached: set[str] = set()
    ahead = set(graph[start])
    while ahead:
        name = ahead.pop()
        if name not in reached:
            reached.add(name)
            ahead |= graph[name]
    return reached


def our_modules(root: Path = ROOT) -> Iterator[Module]:
    """The modules of the product's own packages, and the composition root."""
    for file in [root / "wsgi.py", *(file for package in PACKAGES for file in sorted((root / package).rglob("*.py")))]:
        name = ".".join(file.relative_to(root).with_suffix("").parts).removesuffix(".__init__")
        yield Module(name, file.read_text(encoding="utf-8"))


def layer_of(name: str) -> str | None:
    """The layer of the dotted module `name`: "outer" for what people and programs see, None when it is not ours."""
    parts = name.split(".")
    if parts[0] in OUTER:
        return "outer"
    if parts[0] not in PACKAGES:
        return None
    for end in range(len(parts), 1, -1):
        if layer := LAYER_OF_MODULE.get(".".join(parts[:end])):
            return layer
    for part in parts[1:]:
        if layer := LAYER_OF_FOLDER_OR_NAME.get(part):
            return layer
        for suffix, layer in LAYER_OF_SUFFIX.items():
            if part.endswith(suffix):
                return layer
    return "pure"


def imports_of(module: Module, tree: ast.AST) -> Iterator[tuple[int, str]]:
    """The line and dotted name of all that `module` imports when it runs; not what only type checkers read."""
    return _imports_in(module, _walk_at_run_time(tree))


def _imports_in(module: Module, nodes: Iterable[ast.AST]) -> Iterator[tuple[int, str]]:
    for node in nodes:
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
        if what := _import_breach(module, name):
            yield line, what


def _import_breach(module: Module, name: str) -> str | None:
    if f"{module.name} {name}" in KNOWN_BREACHES:
        return None
    if _is_forbidden_package(module.package, name.split(".")[0]):
        return f"{module.package} must not import {name.split('.')[0]}"
    layer = layer_of(module.name)
    if layer in (None, "outer"):
        return None
    if _is_one_of(name, WEB_LIBRARIES) and module.name not in MAY_IMPORT_FLASK:
        return f"a domain package must not import {name}"
    if layer == "pure" and _is_one_of(name, NOT_PURE):
        return f"a pure module must not import {name}"
    imported = layer_of(name)
    if imported in LAYERS and LAYERS.index(imported) > LAYERS.index(layer):
        return f"the layer {layer} must not import {name} of the layer {imported}"
    return None


def _is_forbidden_package(importer: str, imported: str) -> bool:
    if importer not in PACKAGES or importer == imported:
        return False
    if imported == "wsgi" or (importer, imported) in NOT_EACH_OTHER:
        return True
    return imported in PACKAGES and PACKAGES.index(imported) > PACKAGES.index(importer)


def _double_names(modules: Iterable[Module]) -> Iterator[str]:
    packages = {name.rpartition(".")[0] for name in (module.name for module in modules)}
    names = [module.name for module in modules if module.name not in packages]
    count = Counter(name.rpartition(".")[2] for name in names)
    for name in sorted(names):
        last = name.rpartition(".")[2]
        if count[last] > 1 and last not in NAMES_OF_LAYERS:
            yield f"{name}: another module is called {last}"


def _large_packages(modules: Sequence[Module]) -> Iterator[str]:
    lines = Counter[str]()
    for module in modules:
        lines[module.package] += len(module.source.splitlines())
    for package, count in lines.items():
        if count > MAX_SHARE * lines.total():
            yield f"{package}: {count} of {lines.total()} lines; a third at most"


def _is_one_of(name: str, names: frozenset[str]) -> bool:
    return any(name == one or name.startswith(f"{one}.") for one in names)


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
