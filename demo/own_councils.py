"""Which councils of a database are the demo's: only those may be filled with invented people, or shown by the demo."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import exists, inspect, select, update
from sqlalchemy.exc import SQLAlchemyError

from core.database import Database
from core.errors import ConfigurationError
from core.outages import outage_of, summary_of
from core.settings import Settings
from locations.tables import Authority
from people.residents.tables import Resident

_IS_REAL = Authority.is_demo.is_(False)
_HAS_PEOPLE = exists().where(Resident.authority_id == Authority.id)


def check_database(settings: Settings, database: Database) -> None:
    """Refuse to run the demo on a database of real people: its outbox shows every message to everybody.

    Raises: ConfigurationError.
    """
    if not settings.is_demo or settings.is_test:
        return
    try:
        found = real_councils_with_people(database)
    except SQLAlchemyError as error:
        if outage_of(error) is None:
            raise
        raise ConfigurationError(
            f"FRONT_DOOR_DEMO=1 needs a database that can be asked whose it is. {summary_of(error)}"
        ) from error
    if found:
        raise ConfigurationError(
            f"FRONT_DOOR_DEMO=1 is for the demo, and this database has people of other councils: {', '.join(found)}. "
            "Everybody could read their messages. Unset FRONT_DOOR_DEMO, or set DATABASE_URL to another database."
        )


def has_authorities(database: Database) -> bool:
    """Whether any authority is there already."""
    with database.reading() as db:
        return db.scalars(select(Authority.id).limit(1)).first() is not None


def has_real_authorities(database: Database) -> bool:
    """Whether any authority is there that is not the demo's own: its staff would get colleagues with a known email."""
    with database.reading() as db:
        return db.scalars(select(Authority.id).where(_IS_REAL).limit(1)).first() is not None


def real_councils_with_people(database: Database) -> Sequence[str]:
    """The slugs of the councils that are not the demo's and know any resident; none in a database without tables."""
    if not inspect(database.engine).has_table("residents"):
        return ()
    with database.reading() as db:
        return db.scalars(select(Authority.slug).where(_IS_REAL, _HAS_PEOPLE).order_by(Authority.slug)).all()


def take_in_empty_councils(database: Database) -> None:
    """Make the councils that know no resident yet the demo's own: somebody tries their council's file in it."""
    with database.writing() as db:
        db.execute(update(Authority).where(_IS_REAL, ~_HAS_PEOPLE).values(is_demo=True))
