"""Settings that make a run cheaper and change no rule.

What was compiled for one application or database is taken for the next: templates, routes and statements. Password hashes
cost little.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import CodeType
from typing import Any
from unittest import mock

from argon2 import PasswordHasher
from argon2.profiles import CHEAPEST
from flask import Flask
from jinja2 import BytecodeCache
from jinja2.bccache import Bucket
from sqlalchemy import Engine
from sqlalchemy.util import LRUCache
from werkzeug.routing import Rule

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
    """While it lasts, what builds an address of a rule is compiled once: it is most of the start of an application."""
    compiled: dict[tuple[str, str, bool], Callable[..., Any]] = {}
    compile_builder = Rule._compile_builder

    def builder(rule: Rule, append_unknown: bool = True) -> Callable[..., Any]:
        key = (f"{rule.subdomain}|{rule.rule}", repr(rule.defaults), append_unknown)
        if key not in compiled:
            compiled[key] = compile_builder(rule, append_unknown)
        return compiled[key]

    with mock.patch.object(Rule, "_compile_builder", builder):
        yield


@contextmanager
def shared_statements() -> Iterator[None]:
    """While it lasts, every new database takes the statements that were compiled for another one of its kind."""
    known: dict[str, Engine] = {}

    def make(url: str, **options: Any) -> Engine:
        engine = make_engine(url, **options)
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
def cheap_passwords() -> Iterator[None]:
    """While it lasts, argon2id takes 8 KiB and one pass: 0.1 ms in place of 250 ms for each hash."""
    with mock.patch.object(passwords, "_hasher", PasswordHasher.from_parameters(CHEAPEST)):
        passwords._dummy_hash.cache_clear()
        yield
    passwords._dummy_hash.cache_clear()
