"""Which pairs of customer ids may be one person, and what speaks for it.

The engine brings together the cards that share something (never all with all, and never by
something that many ids share); the names and addresses of these pairs are compared here.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

import ibis
import ibis.expr.types as ir
import numpy as np
import numpy.typing as npt
import pandas as pd
from ibis.backends.duckdb import Backend
from rapidfuzz import process
from rapidfuzz.distance import OSA

from clv.intake.cards import EMAIL, ID, MOST_SHARED, NAME, PHONE, STREET

Bools = npt.NDArray[np.bool_]

SURE, LIKELY, MAYBE = "sure", "likely", "maybe"
SCORES: Final = {SURE: 0.99, LIKELY: 0.9, MAYBE: 0.5}
COMMON: Final = 5  # ids with a word in their name, from which it is a name and not a slip
_CHUNK: Final = 200_000
# What brings cards together, and how many ids may share it.
_BLOCKS: Final = (
    (("id_key",), MOST_SHARED),
    (("zeros_key",), MOST_SHARED),
    (("mailbox",), MOST_SHARED),
    ((PHONE,), MOST_SHARED),
    (("sorted_name",), 8),
    (("sorted_name", "place"), 8),
    (("place", "numbers"), 40),
    (("place", "numbers", STREET), 40),
)
_ONE_NAME: Final = ("mailbox", PHONE)
_COMPARED: Final = (
    ID, "id_key", "zeros_key", EMAIL, "mailbox", PHONE, NAME, "sorted_name", STREET, "numbers",
    "place",
)  # fmt: skip


@dataclass(frozen=True)
class Rule:
    """One kind of evidence: how sure it makes, and how it is said."""

    name: str
    sureness: str
    said: str


RULES: Final = (
    Rule("id", SURE, "the same id but for capitals, blanks or '.0'"),
    Rule("email", SURE, "the same e-mail address"),
    Rule("id and name", SURE, "the same name or e-mail, and ids that differ by zeros in front"),
    Rule("mailbox and name", SURE, "the same name and mailbox (dots and +tags do not count)"),
    Rule("phone and name", SURE, "the same name and phone number"),
    Rule("name and address", SURE, "the same name and address"),
    Rule("email, no name", LIKELY, "the same e-mail address; a name is not known"),
    Rule("mailbox", LIKELY, "the same mailbox (dots and +tags do not count)"),
    Rule("id with zeros", LIKELY, "the same id but for zeros in front"),
    Rule("name and address only", LIKELY, "the same name and address, but another e-mail or phone"),
    Rule("phone and similar name", LIKELY, "the same phone number and similar names"),
    Rule("similar name and address", LIKELY, "similar names at the same address"),
    Rule("name and similar email", LIKELY, "the same name and a similar e-mail address"),
    Rule("email, one family", MAYBE, "the same e-mail address, and names that share a part"),
    Rule("email, other name", MAYBE, "the same e-mail address, but different names"),
    Rule("initial and address", MAYBE, "the same address, one name with an initial"),
    Rule("name and place", MAYBE, "the same name and place; the street is not known"),
    Rule("phone", MAYBE, "the same phone number; a name is not known"),
)


def common_words(cards: ir.Table) -> frozenset[str]:
    """The words of names that several ids carry: names, and not slips of the pen."""
    words = cards.select(ID, word=cards.sorted_name.split(" ").unnest())
    counts = words.group_by("word").aggregate(ids=words.id.nunique())
    found = counts.filter(counts.ids >= COMMON).select("word").execute()
    return frozenset(found["word"].dropna())


def edges(connection: Backend, cards: ir.Table, common: frozenset[str]) -> pd.DataFrame:
    """The pairs of ids that something speaks for.

    common: words that are names (`common_words`).
    Returns left, right (ids, left < right) and rule (index into RULES, the strongest).
    """
    numbered = _pairs(cards).mutate(number=ibis.row_number())
    pairs = connection.create_table("card_pairs", numbered, temp=True)
    found = [_judged(chunk, common) for chunk in _chunks(cards, pairs)]
    if not found:
        return pd.DataFrame({"left": [], "right": [], "rule": []}).astype({"rule": "int64"})
    ranked = pd.concat(found).sort_values(["rule", "left", "right"])
    return ranked.drop_duplicates(["left", "right"], ignore_index=True)


def _pairs(cards: ir.Table) -> ir.Table:
    """left and right, numbers of two cards of different ids that share a block."""
    blocks = [_all_in(cards, keys, most) for keys, most in _BLOCKS]
    blocks += [_to_the_first(cards, key) for key in _ONE_NAME]
    return ibis.union(*blocks, distinct=True)


def _all_in(cards: ir.Table, keys: tuple[str, ...], most: int) -> ir.Table:
    filled = cards.filter([cards[key].notnull() for key in keys]).select("card", ID, *keys)
    sizes = filled.group_by(keys).aggregate(ids=filled.id.nunique(), cards=filled.count())
    shared = sizes.filter(sizes.ids.between(2, most), sizes.cards <= 3 * most)
    members = filled.semi_join(shared, keys)
    others = members.select(*keys, other="card", other_id=ID)
    joined = members.inner_join(others, keys)
    return joined.filter(joined.id < joined.other_id).select(left="card", right="other")


def _to_the_first(cards: ir.Table, key: str) -> ir.Table:
    """Each card with the first of its block: for what many ids share, who all have one name."""
    keys = [key, "sorted_name"]
    filled = cards.filter(cards[key].notnull()).select("card", ID, *keys)
    sizes = filled.group_by(key).aggregate(ids=filled.id.nunique())
    large = sizes.filter(sizes.ids > MOST_SHARED)
    members = filled.semi_join(large, key).filter(lambda t: t.sorted_name.notnull())
    firsts = members.group_by(key).aggregate(
        first=members.card.argmin(members.id), first_id=members.id.min()
    )
    joined = members.inner_join(firsts, key)
    return joined.filter(joined.id != joined.first_id).select(left="first", right="card")


def _chunks(cards: ir.Table, pairs: ir.Table) -> Iterator[dict[str, Any]]:
    """Columns of both cards of the pairs, as arrays: (left_name, right_name, ...)."""
    sides = [
        cards.select(**{side: "card"}, **{f"{side}_{name}": name for name in _COMPARED})
        for side in ("left", "right")
    ]
    for start in range(0, int(pairs.count().execute()), _CHUNK):
        some = pairs.filter(pairs.number >= start, pairs.number < start + _CHUNK).drop("number")
        both = some.inner_join(sides[0], "left").inner_join(sides[1], "right").to_pyarrow()
        yield {name: both[name] for name in both.column_names if name not in ("left", "right")}


def _judged(chunk: dict[str, Any], common: frozenset[str]) -> pd.DataFrame:
    """left, right, rule of the pairs of a chunk that a rule holds for."""
    texts = {
        name: np.array(column.fill_null("").to_pylist(), object) for name, column in chunk.items()
    }
    rule = _strongest(texts, common)
    held = rule >= 0
    return pd.DataFrame(
        {"left": texts["left_id"][held], "right": texts["right_id"][held], "rule": rule[held]}
    )


def _strongest(texts: dict[str, Any], common: frozenset[str]) -> npt.NDArray[np.int64]:
    """Index of the first of RULES that holds for each pair, -1 for none."""

    def equal(name: str) -> Bools:
        left, right = texts[f"left_{name}"], texts[f"right_{name}"]
        return np.asarray((left == right) & (left != ""), bool)

    def differs(name: str) -> Bools:
        left, right = texts[f"left_{name}"], texts[f"right_{name}"]
        return np.asarray((left != right) & (left != "") & (right != ""), bool)

    email, mailbox, phone = equal(EMAIL), equal("mailbox"), equal(PHONE)
    street = _within(texts, STREET) & equal("numbers") & equal("place")
    looked_at = mailbox | phone | street | equal("zeros_key")
    full, same, close, initial, related, unknown = _names(texts, looked_at, common)
    compatible = same | close | initial | unknown
    blank = (texts["left_street"] == "") | (texts["right_street"] == "")
    mixed = _mixed_codes(texts)
    holds = {
        "id": equal("id_key") & ~mixed & compatible,
        "email": email & compatible & ~unknown,
        "id and name": equal("zeros_key") & (same | email) & compatible,
        "mailbox and name": mailbox & same,
        "phone and name": phone & full,
        "name and address": street & full & ~differs(EMAIL) & ~differs(PHONE),
        "email, no name": email & unknown,
        "mailbox": mailbox & compatible,
        "id with zeros": equal("zeros_key") & ~mixed & compatible,
        "name and address only": street & full,
        "phone and similar name": phone & (same | close | initial),
        "similar name and address": street & (same | close),
        "name and similar email": full & _typo_in_email(texts),
        "email, one family": email & related,
        "email, other name": email | (mailbox & related),
        "initial and address": street & initial,
        "name and place": full & equal("place") & blank,
        "phone": phone & unknown,
    }
    conditions = [holds[rule.name] for rule in RULES]
    return np.select(conditions, list(range(len(RULES))), default=-1)


def _names(texts: dict[str, Any], looked_at: Bools, common: frozenset[str]) -> tuple[Bools, ...]:
    """How the names go together: full (the same, of two words), same, close, initial, related
    (one word is the same; both only where `looked_at`) and unknown (one of them is missing)."""
    left, right = texts["left_sorted_name"], texts["right_sorted_name"]
    unknown = np.asarray((left == "") | (right == ""), bool)
    same = np.asarray(left == right, bool) & ~unknown
    full = same & np.array([" " in name for name in left], bool)
    close = (_within(texts, NAME) | _within(texts, "sorted_name")) & ~same
    for index in np.flatnonzero(close):
        close[index] = not two_names(left[index], right[index], common)
    rest = np.flatnonzero(looked_at & ~(same | close | unknown))
    initial, related = np.zeros(len(left), bool), np.zeros(len(left), bool)
    for index in rest:
        initial[index], related[index] = relation(left[index], right[index])
    return full, same, close, initial, related, unknown


def two_names(left: str, right: str, common: frozenset[str]) -> bool:
    """Whether what tells two names apart are both names: Jan and Jana, not Jan and Jna."""
    first, second = set(left.split()), set(right.split())
    return bool((first - second) & common and (second - first) & common)


def relation(left: str, right: str) -> tuple[bool, bool]:
    """Whether two names differ by an initial only ('a meyer', 'anna meyer'), or share a word."""
    first, second = set(left.split()), set(right.split())
    shared = {word for word in first & second if len(word) > 1}
    if not shared:
        return False, False
    only_left, only_right = sorted(first - second), sorted(second - first)
    short = len(only_left) == len(only_right) == 1 and (
        (len(only_left[0]) == 1 and only_right[0].startswith(only_left[0]))
        or (len(only_right[0]) == 1 and only_left[0].startswith(only_right[0]))
    )
    return short, True


def _within(texts: dict[str, Any], name: str) -> Bools:
    """Equal but for a slip of the pen: one edit, two in long texts, none in short ones."""
    left, right = texts[f"left_{name}"], texts[f"right_{name}"]
    edits = process.cpdist(left, right, scorer=OSA.distance, score_cutoff=2, dtype=np.uint8)
    length = np.array([min(len(a), len(b)) for a, b in zip(left, right, strict=True)])
    allowed = np.select([length >= 14, length >= 6, length >= 1], [2, 1, 0], default=-1)
    return np.asarray(edits.astype(int) <= allowed, bool)


def _typo_in_email(texts: dict[str, Any]) -> Bools:
    """Addresses that differ by a slip: a letter of the name or two of the domain.

    Not by a digit, a dot or a dash, for these are what namesakes tell their addresses apart by.
    """
    pairs = zip(texts["left_email"], texts["right_email"], strict=True)
    return np.array([a != b and a != "" and b != "" and _slip(a, b) for a, b in pairs], bool)


def _slip(left: str, right: str) -> bool:
    (a, at), (b, there) = (_bare(text) for text in (left, right))
    if a == b:
        return at != there and OSA.distance(at, there, score_cutoff=2) <= 2
    same_digits = [c for c in a if c.isdigit()] == [c for c in b if c.isdigit()]
    return at == there and same_digits and OSA.distance(a, b, score_cutoff=1) <= 1


def _bare(email: str) -> tuple[str, str]:
    whose, _, where = email.rpartition("@")
    return "".join(c for c in whose if c not in "._-"), where


def _mixed_codes(texts: dict[str, Any]) -> Bools:
    """Codes of digits, capitals and small letters ('aB3x'), where a capital is another letter."""

    def mixed(code: str) -> bool:
        letters = "".join(c for c in code if c.isalpha())
        wordy = not letters or letters.islower() or letters.isupper() or letters.istitle()
        return any(c.isdigit() for c in code) and "@" not in code and not wordy

    pairs = zip(texts["left_id"], texts["right_id"], strict=True)
    return np.array([mixed(a) and mixed(b) for a, b in pairs], bool)
