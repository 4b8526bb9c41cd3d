"""People who plainly do not exist: invented names in several scripts, example.org, and telephone numbers for drama.

Ofcom keeps 07700 900000 to 900999 free for this: https://www.ofcom.org.uk/phones-and-broadband/phone-numbers/numbers-for-drama
(read 2026-11-23).
"""

from __future__ import annotations

import random
import unicodedata
from dataclasses import dataclass


def split_list(text: str) -> tuple[str, ...]:
    """The items of a list with commas between them."""
    return tuple(item.strip() for item in text.split(","))


GIVEN = split_list(
    "Ada, Agnes, Albert, Amara, Anwen, Basil, Beatrix, Bronwen, Cedric, Clement, Clover, Daphne, Dilys, "
    "Edmund, Edwina, Elsie, Fenella, Fergus, Flora, Gareth, Gideon, Greta, Harriet, Hector, Hilda, Idris, "
    "Imogen, Iris, Jasper, Juno, Kofi, Lavinia, Leopold, Lettice, Lionel, Mabel, Magnus, Maud, Mordecai, "
    "Myrtle, Nerys, Olive, Oswald, Percival, Philippa, Prunella, Quentin, Rhiannon, Rowena, Rufus, Sanjay, "
    "Seren, Silas, Tabitha, Thaddeus, Ursula, Verity, Wilfred, Winifred, Zadie"
)
FAMILY = split_list(
    "Applethwaite, Barleymow, Bramblewick, Candleford, Cobblepot, Copperkettle, Crumblethorne, Dandelwick, "
    "Dewdropper, Dovetail, Elderbrook, Featherstone-Wisp, Fernsby-Test, Fiddlewood, Foxgloveson, Gingerbright, "
    "Goosefeather, Hazelmere-Demo, Hollowbrook, Honeychurch, Inkwell, Kettleburn, Lanternby, Larkspurling, "
    "Marrowby, Marshmallow, Merrypenny, Mossington, Nettlefold, Nutmegson, O'Sample, Oatcakeson, Papertree, "
    "Pebblewhite, Pennyfarthingale, Picklebury, Plumtree-Test, Quillfeather, Rainwater, Raspberrystone, "
    "Saltmarshal, Samplewick, Silverspoonley, Snowdropley, Specimen, Spindlethrift, Tamarindsson, Teacup, "
    "Testington, Thimblethorpe, Thistlewick, Tinderbox, Trialby, Turnipseed, Umbrellason, Violetwood, "
    "Waxwingham, Whistledown, Willowwhisper, Yarrowby"
)
OTHER_SCRIPTS = (
    ("نموذج الاختباري", "Arabic"),
    ("ליאה דוגמה", "Hebrew"),
    ("示例小明", "Mandarin"),
    ("样本美丽", "Mandarin"),
    ("Примера Тестова", "Russian"),
    ("Зразок Вигаданий", "Ukrainian"),
    ("Ελένη Δοκιμαστική", "Greek"),
    ("নমুনা পরীক্ষক", "Bengali"),
    ("નમૂના પરીક્ષક", "Gujarati"),
    ("மாதிரி சோதனை", "Tamil"),
    ("ਨਮੂਨਾ ਪਰਖ", "Punjabi"),
    ("نمونہ آزمائشی", "Urdu"),
    ("نمونه آزمایشی", "Farsi"),
    ("예시민 시험", "Korean"),
    ("Ćwiczenia Przykładowska", "Polish"),
    ("Nguyễn Thị Thử-Nghiệm", "Vietnamese"),
    ("Örnek Denemeoğlu", "Turkish"),
    ("Exemplu Încercărescu", "Romanian"),
    ("Tusaale Tijaabo", "Somali"),
)
LANGUAGES = tuple(sorted({language for _, language in OTHER_SCRIPTS}))
MOBILE = "07700 900"
# All that is free for drama: of London, Manchester, Birmingham, Leeds, Bristol, Liverpool, Cardiff, and of no place.
LANDLINES = (
    *("020 7946 0", "0161 496 0", "0121 496 0", "0113 496 0", "0117 496 0", "0151 496 0", "029 2018 0", "01632 960"),
    *("0114 496 0", "0115 496 0", "0116 496 0", "0118 496 0", "0131 496 0", "0141 496 0", "0191 498 0", "028 9649 6"),
)
NEEDS = ("step-free", "hearing-loop", "bsl", "language", "extra-time")


@dataclass(frozen=True)
class InventedResident:
    """An invented resident. Some have neither email nor telephone."""

    name: str
    email: str
    phone: str
    postcode: str
    language: str
    support_needs: tuple[str, ...]
    contact_preference: str
    do_not_text: bool
    leave_no_message: bool


def invent(number: int, postcodes: tuple[str, ...], rng: random.Random) -> InventedResident:
    """The resident of this number: the same for the same generator."""
    name, language = _name(number, rng)
    has_email, has_phone = rng.random() < 0.72, rng.random() < 0.85
    email = _email(name, number) if has_email else ""
    phone = _phone(number) if has_phone else ""
    return InventedResident(
        name=name,
        email=email,
        phone=phone,
        postcode=rng.choice(postcodes) if rng.random() < 0.9 else "",
        language=language,
        support_needs=_needs(language, rng),
        contact_preference=_preference(email, phone, rng),
        do_not_text=bool(phone) and rng.random() < 0.05,
        leave_no_message=bool(phone) and rng.random() < 0.04,
    )


def _name(number: int, rng: random.Random) -> tuple[str, str]:
    if number % 25 == 24:
        return OTHER_SCRIPTS[number // 25 % len(OTHER_SCRIPTS)]
    given, family = rng.choice(GIVEN), rng.choice(FAMILY)
    return f"{given} {family}", rng.choice(LANGUAGES) if rng.random() < 0.03 else ""


def _email(name: str, number: int) -> str:
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    local_part = ".".join(word for word in "".join(c if c.isalnum() else " " for c in plain).split())
    return f"{local_part or 'resident'}.{number}@example.org"


def _phone(number: int) -> str:
    """A number that no other resident has: of four one mobile, as far as there are any, and else a landline."""
    turn, kind = divmod(number, 4)
    if kind == 0 and turn < 1000:
        return f"{MOBILE}{turn:03d}"
    area, line = divmod(number, 1000)
    return f"{LANDLINES[area % len(LANDLINES)]}{line:03d}"


def _needs(language: str, rng: random.Random) -> tuple[str, ...]:
    needs = [need for need in NEEDS if need != "language" and rng.random() < 0.03]
    return tuple([*needs, "language"] if language and rng.random() < 0.5 else needs)


def _preference(email: str, phone: str, rng: random.Random) -> str:
    if email:
        return "email"
    if phone.startswith(MOBILE):
        return "text"
    return rng.choice(("letter", "none"))
