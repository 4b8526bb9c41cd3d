"""Authorities and sites as the people package needs them: a number, a slug and a name."""

from __future__ import annotations

from dataclasses import fields

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.database import table_of
from core.errors import NotFound
from locations.authority_brand import AuthorityBrand
from locations.tables import Authority, Site

authority_table, site_table = table_of(Authority), table_of(Site)
BRAND_COLUMNS = tuple(authority_table.c[field.name] for field in fields(AuthorityBrand))


def authority_id_of(db: Session, slug: str) -> int:
    """The id of the authority with `slug`. Raises: NotFound, naming those that exist."""
    known = {row.slug: row.id for row in db.execute(select(authority_table))}
    if slug not in known:
        raise NotFound.because("authority_unknown" if known else "no_authority_yet", slug=slug, known=sorted(known))
    return int(known[slug])


def site_id_of(db: Session, authority_id: int, slug: str) -> int:
    """The id of the authority's site with `slug`. Raises: NotFound, naming those that exist."""
    rows = db.execute(select(site_table).where(site_table.c.authority_id == authority_id))
    known = {row.slug: row.id for row in rows}
    if slug not in known:
        raise NotFound.because("site_slug_unknown" if known else "no_site_yet", slug=slug, known=sorted(known))
    return int(known[slug])


def sites_of(db: Session, authority_id: int) -> list[tuple[int, str, str]]:
    """Id, slug and name of every site of the authority, by name."""
    rows = db.execute(select(site_table).where(site_table.c.authority_id == authority_id).order_by(site_table.c.name))
    return [(row.id, row.slug, row.name) for row in rows]


def likely_brand(db: Session, slug: str) -> AuthorityBrand | None:
    """The authority with `slug`, else the only one that there is, else None."""
    brands = [AuthorityBrand(*row) for row in db.execute(select(*BRAND_COLUMNS))]
    named = next((brand for brand in brands if brand.slug == slug), None)
    return named or (brands[0] if len(brands) == 1 else None)
