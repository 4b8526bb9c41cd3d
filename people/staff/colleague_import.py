"""Many colleagues at once, from the rows of a file: all of them are added with their roles, or none."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import select

from core.errors import Invalid, Reason, Refused
from core.runtime import Runtime
from locations.ids_by_slug import sites_of
from people.staff import accounts
from people.staff.accounts import NewStaff, RoleScope
from people.staff.colleague_queries import Colleague, colleagues_of
from people.staff.colleagues import Change, changing_accounts
from people.staff.password_links import mail_link, make_link
from people.staff.policy import Role
from people.staff.sign_in_sessions import SignedInStaff
from people.staff.tables import GIVEN, StaffMember

MOST_ROWS = 1000


@dataclass(frozen=True)
class ColleagueRow:
    """What one line of the file says; `site` is a slug or a name, or empty for all sites."""

    line: int
    email: str
    name: str
    role: str
    site: str


@dataclass(frozen=True)
class RowMistake:
    """What is wrong with a line, and in which column."""

    line: int
    column: str
    reason: Reason


@dataclass
class WrongRows(Refused):
    """Some lines cannot be used. Nothing was changed."""

    mistakes: tuple[RowMistake, ...]
    code = "invalid_file"


@dataclass(frozen=True)
class RowResult:
    """What a line adds: an account, or only a role; nothing when both are there already."""

    row: ColleagueRow
    role: Role
    site_name: str
    adds_account: bool
    adds_role: bool


def import_colleagues(
    runtime: Runtime, staff: SignedInStaff, rows: Sequence[ColleagueRow], *, dry_run: bool
) -> tuple[RowResult, ...]:
    """What each line adds, or would add. Who is new is sent the link with which they set a password.

    Raises: WrongRows with every mistake.
    """
    with changing_accounts(runtime, staff) as change:
        reader = _Rows(change)
        results = tuple(reader.read(rows))
        if reader.mistakes:
            raise WrongRows(tuple(reader.mistakes))
        if dry_run:
            change.db.rollback()
        else:
            _mail_links(change, {result.row.email for result in results if result.adds_account})
    return results


def _mail_links(change: Change, emails: Iterable[str]) -> None:
    wanted = [accounts.checked_email(email) for email in emails]
    for member in change.db.scalars(select(StaffMember).where(StaffMember.email.in_(wanted)).order_by(StaffMember.id)):
        make_link(change.db, member.id, change.now, made_by=change.staff.staff_id)
        mail_link(change.db, member, GIVEN, change.now)


class _Rows:
    """Writes one line after another in the transaction, and notes what is wrong."""

    def __init__(self, change: Change) -> None:
        self.change = change
        self.mistakes: list[RowMistake] = []
        authority_id = change.staff.authority_id
        self._known: dict[str, Colleague] = {one.email: one for one in colleagues_of(change.db, authority_id)}
        self._sites = sites_of(change.db, authority_id)
        self._given: set[tuple[str, Role, int | None]] = {
            (one.email, grant.role, grant.site_id) for one in self._known.values() for grant in one.roles
        }
        self._new: set[str] = set()

    def read(self, rows: Sequence[ColleagueRow]) -> Iterator[RowResult]:
        """What each line adds, for those without a mistake."""
        for row in rows:
            try:
                yield self._row(row)
            except _Mistake as mistake:
                self.mistakes.append(RowMistake(row.line, mistake.column, mistake.reason))
            except Invalid as error:
                self.mistakes += [
                    RowMistake(row.line, _COLUMNS.get(name, name), reason)
                    for name, reasons in error.errors.items()
                    for reason in reasons
                ]

    def _row(self, row: ColleagueRow) -> RowResult:
        email, (role, site_id, site_name) = accounts.checked_email(row.email), self._scope(row)
        known = self._known.get(email)
        if known is not None and not self.change.reach.sees(known.roles):
            raise _Mistake("email", Reason("email_has_account"))
        if known is not None and not known.is_active:
            raise _Mistake("email", Reason("account_deactivated", {"email": email}))
        result = RowResult(
            row, role, site_name, known is None and email not in self._new, (email, role, site_id) not in self._given
        )
        if result.adds_role:
            self._add(email, row, role, site_id, is_known=known is not None)
        return result

    def _scope(self, row: ColleagueRow) -> tuple[Role, int | None, str]:
        """The role, and the id and name of its site."""
        role = _role(row.role)
        site_id, site_name = self._site(row.site)
        if not self.change.reach.may_give(role, site_id):
            raise _Mistake("role", Reason("role_not_yours"))
        return role, site_id, site_name

    def _site(self, text: str) -> tuple[int | None, str]:
        if not text.strip():
            return None, ""
        wanted = text.strip().casefold()
        for site_id, slug, name in self._sites:
            if wanted in (slug, name.casefold()):
                return site_id, name
        raise _Mistake("site", Reason("site_of_row_unknown", {"site": text.strip()[:60]}))

    def _add(self, email: str, row: ColleagueRow, role: Role, site_id: int | None, *, is_known: bool) -> None:
        change = self.change
        if not is_known and email not in self._new and accounts.is_known(change.db, email):
            raise _Mistake("email", Reason("email_has_account"))
        scope = RoleScope(change.staff.authority_id, site_id)
        new = NewStaff(email, role.value, scope, name=row.name)
        accounts.add_staff(change.db, new, actor=change.actor, now=change.now, sets_own_password=True)
        self._given.add((email, role, site_id))
        if not is_known:
            self._new.add(email)


class _Mistake(Exception):
    """The line cannot be used because of what stands in this column."""

    def __init__(self, column: str, reason: Reason) -> None:
        super().__init__(column)
        self.column, self.reason = column, reason


_COLUMNS: Mapping[str, str] = {"authority": "email"}


def _role(text: str) -> Role:
    wanted = "_".join(text.strip().lower().replace("-", " ").split())
    try:
        return Role(wanted)
    except ValueError as error:
        raise _Mistake(
            "role", Reason("role_of_row_unknown", {"known": ", ".join(role.value for role in Role)})
        ) from error
