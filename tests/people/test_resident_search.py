"""Finding a resident from what an agent hears and types."""

from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy import event, insert

from core.clock import FixedClock
from core.database import Database
from people.residents.details import ResidentDetails
from people.residents.resident_repository import find_or_create, name_token_rows
from people.residents.search import read_search
from people.residents.search_queries import find_residents
from people.residents.tables import Resident, ResidentNameToken
from tests.support.council import Council

TODAY = date(2026, 11, 23)
PEOPLE = (
    ResidentDetails("Catherine Smyth", email="kate@example.org", phone="07700 900101", postcode="N12 9QJ"),
    ResidentDetails("Mohammed Al-Khatib", phone="07700 900102", postcode="NW9 4EW"),
    ResidentDetails("Łukasz Wiśniewski", email="lukasz@example.org", phone="07700 900103", postcode="HA8 0AB"),
    ResidentDetails("محمد علي", phone="07700 900104", postcode="N12 8AA"),
    ResidentDetails("王小明", phone="07700 900105"),
    ResidentDetails("Тарас Шевченко", phone="07700 900106"),
    ResidentDetails("Sukarno", postcode="N12 7BB"),
    ResidentDetails("Siobhán O’Brien", phone="020 7946 0958"),
    ResidentDetails("Nguyễn Thị Hoa", phone="07700 900107"),
    ResidentDetails("Magda Okoro", email="miro.k_12@example.org"),
    ResidentDetails("Catherine Jones", phone="07700 900108", postcode="NW11 1AA"),
    ResidentDetails("فاطمة حسن", phone="07700 900109"),
    ResidentDetails("Oksana Bondarenko", phone="07700 900110"),
    ResidentDetails("ਹਰਪ੍ਰੀਤ ਸਿੰਘ", phone="07700 900111"),
    ResidentDetails("Siân Llewellyn", phone="07700 900112", date_of_birth=date(1970, 3, 14)),
)


@pytest.fixture
def register(database: Database, clock: FixedClock, council: Council) -> int:
    """The authority whose residents are PEOPLE; another authority has one namesake."""
    with database.writing() as db:
        for person in PEOPLE:
            find_or_create(db, council.northbank, person, clock.now())
        find_or_create(db, council.elsewhere, PEOPLE[0], clock.now())
    return council.northbank


def found(database: Database, authority_id: int, text: str) -> list[tuple[str, str]]:
    """Names and reasons, likeliest first."""
    with database.reading() as db:
        return [(match.resident.name, ", ".join(match.why)) for match in find_residents(db, authority_id, text, TODAY)]


MEANT = (
    ("Catherine Smyth", "Catherine Smyth", "same_name"),
    ("smyth catherine", "Catherine Smyth", "same_name"),
    ("kathryn smith", "Catherine Smyth", "sounds_alike"),
    ("cath smy", "Catherine Smyth", "name_begins"),
    ("Vatherine Smyth", "Catherine Smyth", "spelt_nearly"),
    ("Catherine Smtyh", "Catherine Smyth", "spelt_nearly"),
    ("muhamad alkhatib", "Mohammed Al-Khatib", "sounds_alike"),
    ("Lukasz Wisniewski", "Łukasz Wiśniewski", "same_name"),
    ("sian llewelyn", "Siân Llewellyn", "sounds_alike"),
    ("sian sian", "Siân Llewellyn", "same_name"),
    ("Sain", "Siân Llewellyn", "spelt_nearly"),
    ("mlewellyn", "Siân Llewellyn", "spelt_nearly"),
    ("Mohamed Al Khatib", "Mohammed Al-Khatib", "sounds_alike"),
    ("14 March 1970", "Siân Llewellyn", "same_birth_date"),
    ("14th Mar 70", "Siân Llewellyn", "same_birth_date"),
    ("14/3/1970 sian", "Siân Llewellyn", "same_name, same_birth_date"),
    ("wisnewski", "Łukasz Wiśniewski", "sounds_alike"),
    ("محمد", "محمد علي", "same_name"),
    ("王小明", "王小明", "same_name"),
    ("小明", "王小明", "same_name"),
    ("王", "王小明", "name_begins"),
    ("шевченко", "Тарас Шевченко", "same_name"),
    ("Шевченка", "Тарас Шевченко", "spelt_nearly"),
    ("Taras Shevchenko", "Тарас Шевченко", "other_letters"),
    ("shev", "Тарас Шевченко", "other_letters"),
    ("xiaoming", "王小明", "other_letters"),
    ("wang", "王小明", "other_letters"),
    ("fatima", "فاطمة حسن", "other_letters"),
    ("harpreet", "ਹਰਪ੍ਰੀਤ ਸਿੰਘ", "other_letters"),
    ("Оксана Бондаренко", "Oksana Bondarenko", "other_letters"),
    ("SUKARNO", "Sukarno", "same_name"),
    ("obrien siobhan", "Siobhán O’Brien", "same_name"),
    ("Nguyen Hoa", "Nguyễn Thị Hoa", "same_name"),
    ("07700 900 101", "Catherine Smyth", "same_phone"),
    ("+447700900101", "Catherine Smyth", "same_phone"),
    ("(020) 7946-0958", "Siobhán O’Brien", "same_phone"),
    ("900102", "Mohammed Al-Khatib", "phone_ends"),
    ("n12 9qj", "Catherine Smyth", "same_postcode"),
    ("HA8", "Łukasz Wiśniewski", "postcode_begins"),
    ("nw9 4", "Mohammed Al-Khatib", "postcode_begins"),
    ("Kate@Example.org", "Catherine Smyth", "same_email"),
    ("lukasz@", "Łukasz Wiśniewski", "email_begins"),
    ("miro.k_1", "Magda Okoro", "email_begins"),
    ("catherine.smyth", "Catherine Smyth", "same_name"),
    ("catherine nw11", "Catherine Jones", "same_name, postcode_begins"),
    ("catherine 900101", "Catherine Smyth", "same_name, phone_ends"),
    ("Siân Llewellyn NW9 4EW", "Siân Llewellyn", "same_name"),  # where somebody else lives now, or whose number it is
    ("Sian Llewellyn 07700 900101", "Siân Llewellyn", "same_name"),
)
FITS_NOBODY = (
    "57X4A102",
    "G88WN101",
    "K900101",
    "",
    "   ",
    "?",
    "%",
    "_",
    "' OR 1=1 --",
    "zzz qqq",
    "Z99 9ZZ",
    "07700 911111",
    "@",
    "\x00",
    "😀",
)


def test_the_one_who_is_meant_comes_first_and_says_why(database, register: int):
    """One register for all cases: it is the costly part."""
    answers = [(typed, *(found(database, register, typed) or [("nobody", "")])[0]) for typed, _, _ in MEANT]
    assert answers == list(MEANT)


def test_what_fits_nobody_finds_nobody(database, register: int):
    surprises = {typed: found(database, register, typed) for typed in FITS_NOBODY}
    assert all(not why.startswith("same") for matches in surprises.values() for _, why in matches), surprises


def test_a_name_in_other_letters_is_a_guess(database, register: int):
    """Two names that one transliteration makes alike are two people until somebody has asked."""
    with database.reading() as db:
        certain = [find_residents(db, register, typed, TODAY)[0].is_certain for typed in ("шевченко", "shevchenko")]
    assert certain == [True, False]


def test_nobody_of_another_authority_is_found(database, register: int, council: Council):
    assert len([name for name, _ in found(database, register, "catherine smyth") if name == "Catherine Smyth"]) == 1
    assert [name for name, _ in found(database, council.elsewhere, "07700 900102")] == []


def test_anonymised_residents_are_not_found(database, register: int, clock):
    with database.writing() as db:
        for resident in db.query(Resident).filter_by(name="Sukarno"):
            resident.anonymised_at = clock.now()
    assert found(database, register, "sukarno") == []
    assert found(database, register, "N12 7BB") == []


def test_only_as_many_as_asked_for(database, register: int):
    with database.reading() as db:
        assert len(find_residents(db, register, "n", TODAY, limit=1)) == 1


def test_a_mixed_text_is_read_part_by_part():
    search = read_search("Mrs Patel n12 9 07700 900123 p@example.org", TODAY)
    assert (search.words, search.postcode, search.phone, search.email) == (
        ("patel",),
        "N129",
        "447700900123",
        "p@example.org",
    )


def test_among_many_namesakes_the_postcode_decides(database, register: int, clock):
    """More than any limit on candidates share the name, and as many the postcode: the one with both comes first."""
    with database.writing() as db:
        rows = [_row(register, 1000 + n, "Amina Khan", "E1 1AA") for n in range(400)]
        rows += [_row(register, 2000 + n, "Omar Hill", "W5 5AA") for n in range(400)]
        rows.append(_row(register, 3000, "Amina Khan", "W5 5AA"))
        db.execute(insert(Resident), [row | {"created_at": clock.now()} for row in rows])
        tokens = [token for row in rows for token in name_token_rows(register, row["id"], row["name"])]
        db.execute(insert(ResidentNameToken), tokens)
        db.expire_all()
        assert [match.resident.id for match in find_residents(db, register, "amina khan w5 5aa", TODAY, limit=1)] == [
            3000
        ]


def _row(authority_id: int, number: int, name: str, postcode: str) -> dict:
    return {
        "id": number,
        "authority_id": authority_id,
        "name": name,
        "postcode": postcode,
        "postcode_key": postcode.replace(" ", ""),
        "support_needs": [],
    }


def test_a_search_is_a_few_statements(database, register: int):
    statements: list[str] = []
    event.listen(database.engine, "before_cursor_execute", lambda *given: statements.append(given[2]))
    counts = []
    for typed in ("catherine smyth", "900101", "catherine n12", "vatherine"):
        statements.clear()
        found(database, register, typed)
        counts.append(sum("SELECT" in line for line in statements))
    assert counts == [4, 2, 2, 6]  # whom it may be, what is compared of them, and the records of those who are shown
