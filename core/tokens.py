"""References for reading aloud, and tokens that open something.

A reference has 8 characters of an alphabet without look-alikes; the last is a check character, so that a misheard
one is noticed. It opens nothing by itself. A token has 256 bits and is kept as a digest only.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
import unicodedata
from collections.abc import Iterable, Sequence
from itertools import pairwise

# No I, L, O, U, 0, 1: 30 characters. 30^7 = 2.2e10 references; a clash is caught by the unique key and drawn again.
ALPHABET = "23456789ABCDEFGHJKMNPQRSTVWXYZ"
LENGTH = 8
SHORT_LENGTH, LONGEST_SPELLED = 20, 12  # characters of a short link: 30^12 is less than 2^63
LONGEST_OLD_REFERENCE = 60
MOST_WORDS = 8  # of a text in which an old reference is looked for
LOOK_ALIKES = str.maketrans({"0": "Q", "O": "Q", "1": "J", "I": "J", "L": "J", "U": "V"})


def new_token() -> str:
    """A new 256-bit token, safe in a URL."""
    return secrets.token_urlsafe(32)


def digest(token: str) -> str:
    """The SHA-256 of `token` in hexadecimal: what the database keeps."""
    return hashlib.sha256(token.encode()).hexdigest()


def stamp_of(*facts: object) -> str:
    """A short digest of plain values: a form carries it, to say which facts its page has shown."""
    return digest(repr(facts))[:16]


def new_nonce() -> str:
    """A new nonce, from which `manage_token` derives an appointment's token."""
    return secrets.token_hex(16)


def manage_token(secret_key: str, nonce: str) -> str:
    """The token of an appointment's manage link: an HMAC, so that each message can carry it and no row holds it."""
    return _derived(secret_key, "manage", nonce)


def working_manage_token(secret_keys: Sequence[str], nonce: str, manage_digest: str) -> str:
    """The token that opens the appointment whose row has this nonce and digest, by whichever of the keys made it.

    Where none of them did, the token of the first: it works once the links are rotated.
    """
    tokens = [manage_token(key, nonce) for key in secret_keys]
    return next((token for token in tokens if digest(token) == manage_digest), tokens[0])


def mark_of_digest(manage_digest: str) -> str:
    """A short mark of a manage link, by which a browser's cookie is known to come from the link that works now."""
    return manage_digest[:16]


def short_token(secret_key: str, appointment_id: int, nonce: str) -> str:
    """The token of an appointment's short link, which can be typed from paper: its number, and 20 characters (98 bits).

    Like the manage link it ends with the nonce; no row holds it.
    """
    return f"{_spelled(appointment_id)}-{_spelled(int(_derived(secret_key, 'short', nonce), 16), SHORT_LENGTH)}"


def short_wish_token(secret_key: str, wish_id: int, nonce: str) -> str:
    """The token of the short link of somebody who waits without an appointment, written as that of an appointment."""
    return f"{_spelled(wish_id)}-{_spelled(int(_derived(secret_key, 'short wish', nonce), 16), SHORT_LENGTH)}"


def short_rating_token(secret_key: str, visit_id: int, nonce: str) -> str:
    """The token of the link by which somebody says how their visit was, written as that of an appointment."""
    return f"{_spelled(visit_id)}-{_spelled(int(_derived(secret_key, 'rating', nonce), 16), SHORT_LENGTH)}"


def is_short_rating_token(secret_keys: Sequence[str], visit_id: int, nonce: str, token: str) -> bool:
    """Whether `token` was made with any of the keys for the visit with this nonce."""
    return _is_one_of((short_rating_token(key, visit_id, nonce) for key in secret_keys), token)


def number_of_short_token(token: str) -> int | None:
    """The number of what a short link is about, whether the link opens it or not; None for no such link."""
    number, _, mark = token.upper().translate(LOOK_ALIKES).partition("-")
    is_spelled = number and all(character in ALPHABET for character in number + mark)
    if not is_spelled or len(number) > LONGEST_SPELLED or len(mark) != SHORT_LENGTH:
        return None
    found = 0
    for character in number:
        found = found * len(ALPHABET) + ALPHABET.index(character)
    return found


def short_invitation_token(secret_key: str, invitation_id: int, nonce: str) -> str:
    """The token of the short link of somebody who is invited, written as that of an appointment."""
    return (
        f"{_spelled(invitation_id)}-{_spelled(int(_derived(secret_key, 'short invitation', nonce), 16), SHORT_LENGTH)}"
    )


def is_short_invitation_token(secret_keys: Sequence[str], invitation_id: int, nonce: str, token: str) -> bool:
    """Whether `token` was made with any of the keys for the invitation with this nonce."""
    return _is_one_of((short_invitation_token(key, invitation_id, nonce) for key in secret_keys), token)


def is_short_token(secret_keys: Sequence[str], appointment_id: int, nonce: str, token: str) -> bool:
    """Whether `token` was made with any of the keys for the appointment with this nonce."""
    return _is_one_of((short_token(key, appointment_id, nonce) for key in secret_keys), token)


def is_short_wish_token(secret_keys: Sequence[str], wish_id: int, nonce: str, token: str) -> bool:
    """Whether `token` was made with any of the keys for the wish with this nonce."""
    return _is_one_of((short_wish_token(key, wish_id, nonce) for key in secret_keys), token)


def _is_one_of(tokens: Iterable[str], typed: str) -> bool:
    given = typed.upper().translate(LOOK_ALIKES).encode()
    return any(hmac.compare_digest(token.encode(), given) for token in tokens)


def _spelled(number: int, length: int = 0) -> str:
    """`number` in characters without look-alikes; its last `length` ones where that is given."""
    spelled = ""
    while (len(spelled) < length) if length else (number or not spelled):
        number, digit = divmod(number, len(ALPHABET))
        spelled = ALPHABET[digit] + spelled
    return spelled


def owner_proof(secret_key: str, nonce: str, address: str) -> str:
    """What only a message to `address` about the appointment carries: whoever has it reads that address's mail.

    A manage link proves no such thing: whoever books sees it, whatever address they typed.
    """
    return _derived(secret_key, f"owner of {address}", nonce)


def is_owner_proof(secret_keys: Sequence[str], nonce: str, address: str, proof: str) -> bool:
    """Whether `proof` was made with any of the keys for the owner of `address`."""
    sent = proof.encode()
    return any(hmac.compare_digest(owner_proof(key, nonce, address).encode(), sent) for key in secret_keys)


def kiosk_token(secret_key: str, site_id: int) -> str:
    """What a browser shows that is to be the kiosk of a site."""
    return _derived(secret_key, "kiosk", str(site_id))


def is_kiosk_token(secret_keys: Sequence[str], site_id: int, token: str) -> bool:
    """Whether the token is that of the site's kiosk."""
    sent = token.encode()
    return any(hmac.compare_digest(kiosk_token(key, site_id).encode(), sent) for key in secret_keys)


def hold_token(secret_key: str, nonce: str) -> str:
    """The token of a hold: an HMAC, so that a repeated request gets it again and no row holds it."""
    return _derived(secret_key, "hold", nonce)


def _derived(secret_key: str, purpose: str, nonce: str) -> str:
    return hmac.new(secret_key.encode(), f"{purpose}:{nonce}".encode(), hashlib.sha256).hexdigest()


def bounce_mark(secret_key: str, reference: str) -> str:
    """The mark of a message's reference: 24 figures (96 bits), by which a report about it is known to be about ours."""
    return _derived(secret_key, "bounce", reference)[:24]


def password_token(secret_key: str, nonce: str) -> str:
    """The token of a link with which a member of staff sets a password: an HMAC, so that an email can carry it."""
    return _derived(secret_key, "password", nonce)


def wish_token(secret_key: str, nonce: str) -> str:
    """The token of the link of somebody who waits without an appointment: an HMAC, so that no row holds it."""
    return _derived(secret_key, "wish", nonce)


def invitation_token(secret_key: str, nonce: str) -> str:
    """The token of the link of somebody who is invited: an HMAC, so that no row holds it."""
    return _derived(secret_key, "invitation", nonce)


def working_invitation_token(secret_keys: Sequence[str], nonce: str, link_digest: str) -> str:
    """The token that opens the link of the row with this nonce and digest, by whichever of the keys made it."""
    tokens = [invitation_token(key, nonce) for key in secret_keys]
    return next((token for token in tokens if digest(token) == link_digest), tokens[0])


def adviser_token(secret_key: str, nonce: str) -> str:
    """The token of the link with which somebody finds times with their own adviser: an HMAC, so that no row holds it."""
    return _derived(secret_key, "adviser", nonce)


def working_adviser_token(secret_keys: Sequence[str], nonce: str, link_digest: str) -> str:
    """The token that opens the link of the row with this nonce and digest, by whichever of the keys made it."""
    tokens = [adviser_token(key, nonce) for key in secret_keys]
    return next((token for token in tokens if digest(token) == link_digest), tokens[0])


def second_step_key(secret_key: str, nonce: str) -> bytes:
    """The key that an app on a telephone shares with us: 160 bits, derived, so that no row holds it (RFC 4226 4, R6)."""
    return bytes.fromhex(_derived(secret_key, "second step", nonce))[:20]


def new_recovery_code() -> str:
    """A code for whoever has lost their telephone: ten characters without look-alikes, in two groups."""
    text = "".join(secrets.choice(ALPHABET) for _ in range(10))
    return f"{text[:5]}-{text[5:]}"


def recovery_digest(secret_key: str, staff_id: int, code: str) -> str:
    """The keyed digest of a recovery code: its 49 bits alone could be guessed from a plain one."""
    return _derived(secret_key, f"recovery {staff_id}", code)


def new_certificate_code() -> str:
    """A code by which a certified copy is checked: 20 characters without look-alikes (98 bits), in four groups."""
    text = "".join(secrets.choice(ALPHABET) for _ in range(SHORT_LENGTH))
    return "-".join(text[start : start + 5] for start in range(0, SHORT_LENGTH, 5))


def parse_certificate_code(text: str) -> str | None:
    """The code that `text` means, or None. Case, spaces, hyphens and look-alikes do not matter."""
    cleaned = "".join(character for character in text.upper() if character.isalnum()).translate(LOOK_ALIKES)
    if len(cleaned) != SHORT_LENGTH or any(character not in ALPHABET for character in cleaned):
        return None
    return "-".join(cleaned[start : start + 5] for start in range(0, SHORT_LENGTH, 5))


def new_reference() -> str:
    """A new reference: 7 random characters and the check character."""
    body = "".join(secrets.choice(ALPHABET) for _ in range(LENGTH - 1))
    return body + check_character(body)


def check_character(body: str) -> str:
    """The check character of `body`, by Luhn mod N (ISO/IEC 7812-1, annex B, for N = 30).

    It catches every single wrong character and most swaps of neighbours.
    """
    size, total, factor = len(ALPHABET), 0, 2
    for character in reversed(body):
        addend = factor * ALPHABET.index(character)
        total += addend // size + addend % size
        factor = 3 - factor
    return ALPHABET[-total % size]


def parse_reference(text: str) -> str | None:
    """The reference that `text` means, or None. Case, spaces, hyphens and look-alikes do not matter."""
    cleaned = "".join(character for character in text.upper() if character.isalnum()).translate(LOOK_ALIKES)
    if len(cleaned) != LENGTH or any(character not in ALPHABET for character in cleaned):
        return None
    return cleaned if check_character(cleaned[:-1]) == cleaned[-1] else None


def find_reference(text: str) -> str | None:
    """The reference that stands in `text` ("Reference: K7PM 4QX2"), or None."""
    whole = parse_reference(text)
    words = re.findall(r"[^\W_]+", text)
    pieces = [*words, *(first + second for first, second in pairwise(words))]
    return whole or next((found for found in map(parse_reference, pieces) if found), None)


def spoken_reference(reference: str) -> str:
    """`reference` in two groups of four, for reading aloud."""
    return f"{reference[:4]} {reference[4:]}"


def old_reference_key(text: str) -> str:
    """What is compared of a reference of another system: letters and figures, in capitals. "bk-2026/17" is "BK202617"."""
    return "".join(filter(str.isalnum, unicodedata.normalize("NFKC", text))).upper()[:LONGEST_OLD_REFERENCE]


def old_reference_keys(text: str) -> tuple[str, ...]:
    """What may be an old reference in `text`: the whole, or else any of its words that follow each other, the most first."""
    words = text.split()[:MOST_WORDS]
    lengths = range(len(words), 0, -1)
    pieces = [text, *("".join(words[start : start + n]) for n in lengths for start in range(len(words) - n + 1))]
    return tuple(dict.fromkeys(key for key in map(old_reference_key, pieces) if key))


def may_be_reference(text: str, *, takes_old: bool) -> bool:
    """Whether a reference stands in `text`: one of ours by its check character, or anything where old ones are taken."""
    return find_reference(text) is not None or (takes_old and bool(old_reference_keys(text)))


def content_mark(secret_key: str, content: str) -> str:
    """A keyed digest of what was imported, by which it is known again and from which it cannot be guessed."""
    return _derived(secret_key, "imported", content)
