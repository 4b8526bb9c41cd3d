"""Settings that make a run cheaper and change no rule.

What was compiled for one application or database is taken for the next: templates, routes and statements. Password hashes
cost little, no write waits for a disk, and what was imported is not searched for garbage again and again.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from types import CodeType, MethodType
from typing import Any
from unittest import mock

import werkzeug.test
from argon2 import PasswordHasher
from argon2.profiles import CHEAPEST
from flask import Flask
from jinja2 import BytecodeCache
from jinja2.bccache import Bucket
from sqlalchemy import Engine, event
from sqlalchemy.util import LRUCache
from werkzeug.routing import Rule
from werkzeug.wsgi import get_current_url

from core import database
from core.connections import make_engine
from people.staff import passwords

COMPILED_STATEMENTS = 5000  # more than the service has


class CompiledTemplates(BytecodeCache):
    """Compiled templates in memory, by name and by the digest of the source."""

    def __init__(self) -> None:
        self.compiled: dict[tuple[str, str], CodeType] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        """Give `bucket` its code if it was compiled before."""
        bucket.code = self.compiled.get((bucket.key, bucket.checksum))

    def dump_bytecode(self, bucket: Bucket) -> None:
        """Keep what was compiled for `bucket`."""
        if bucket.code is not None:
            self.compiled[bucket.key, bucket.checksum] = bucket.code


@contextmanager
def shared_templates() -> Iterator[None]:
    """While it lasts, every new application takes the templates that another one has compiled."""
    with mock.patch.dict(Flask.jinja_options, bytecode_cache=CompiledTemplates()):
        yield


@contextmanager
def shared_routes() -> Iterator[None]:
    """While it lasts, each rule of an address is compiled once: it is most of the start of an application."""
    known: dict[tuple[Any, ...], Rule] = {}
    compile_rule = Rule.compile

    def compile_or_take(rule: Rule) -> None:
        kinds = tuple(rule.map.converters.values()) if rule.map else ()
        key = (rule.subdomain, rule.host, rule.rule, rule.merge_slashes, repr(rule.defaults), kinds)
        first = known.get(key)
        if first is None:
            compile_rule(rule)
            known[key] = rule
            return
        rule._parts, rule._trace, rule._converters = first._parts, first._trace, first._converters
        rule.arguments |= first.arguments
        builders: list[Any] = [first._build, first._build_unknown]
        rule._build, rule._build_unknown = (MethodType(build.__func__, rule) for build in builders)

    with mock.patch.object(Rule, "compile", compile_or_take):
        yield


@contextmanager
def shared_statements() -> Iterator[None]:
    """While it lasts, every new database takes the statements that were compiled for another one of its kind."""
    known: dict[str, Engine] = {}

    def make(url: str, **options: Any) -> Engine:
        engine = make_engine(url, **options)
        if engine.dialect.name == "sqlite":
            event.listen(engine, "connect", _write_without_waiting)
        first = known.get(engine.dialect.name)
        if first is None or first.dialect.server_version_info is None:  # it has never been connected
            engine._compiled_cache = LRUCache(COMPILED_STATEMENTS)
            known[engine.dialect.name] = engine
        else:
            engine.dialect, engine._compiled_cache = first.dialect, first._compiled_cache
        return engine

    with mock.patch.object(database, "make_engine", make):
        yield


@contextmanager
def cookies_by_path() -> Iterator[None]:
    """While it lasts, a client that looks for its cookies decodes the path of an address, and not the question as well."""
    with mock.patch.object(werkzeug.test, "get_current_url", partial(get_current_url, strip_querystring=True)):
        yield


def _write_without_waiting(connection: Any, _record: Any) -> None:
    connection.execute("PRAGMA synchronous = OFF")  # nobody needs it after a power cut


@contextmanager
def cheap_passwords() -> Iterator[None]:
    """While it lasts, argon2id takes 8 KiB and one pass: 0.1 ms in place of 250 ms for each hash."""
    with mock.patch.object(passwords, "_hasher", PasswordHasher.from_parameters(CHEAPEST)):
        passwords._dummy_hash.cache_clear()
        yield
    passwords._dummy_hash.cache_clear()
