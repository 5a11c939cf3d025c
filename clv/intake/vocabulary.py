"""What the names of columns say, in many languages.

`vocabulary.json` is the dictionary. `names`: per role whole names that are `sure`, `likely` or
`possible`, best first, and words that `never` stand in a name of that role. `words`: what
single words mean, per language (`*` stands for any ending, `_` joins words). `rules`: which
meanings together make a role, and how surely; `neutral` meanings may stand beside them.
"""

import json
import re
import unicodedata
from collections.abc import Iterator
from collections.abc import Mapping as Dict
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from typing import Any, Final

from clv.schema import ROLES

_STRENGTH: Final = {"sure": 1.0, "likely": 0.8, "possible": 0.5}
_PART_OF_NAME: Final = 0.75
_UNKNOWN: Final = 0.8  # per word that says nothing
_SHORTEST_INSIDE: Final = 5
_SHORTEST_PIECE: Final = 3
_SHORT_PIECES: Final = frozenset({"nr", "no", "id", "vk", "ek", "ar"})
_JOINTS: Final = ("", "s", "n", "en", "es", "e")
_LIKE: Final = str.maketrans({"ß": "ss", "ı": "i", "ł": "l", "ø": "o", "đ": "d", "æ": "ae"})


@dataclass(frozen=True)
class Words:
    """Folded names of one role with their strength, and words that speak against it."""

    names: Dict[str, float]
    joined: Dict[str, float]
    never: frozenset[str]
    rules: tuple[tuple[frozenset[str], float], ...]
    neutral: frozenset[str]


@dataclass(frozen=True)
class Lexicon:
    """Folded words and what they mean: whole ones, beginnings, and all of them by length."""

    whole: Dict[str, str]
    beginnings: Dict[str, str]
    longest_first: tuple[str, ...]


def fold(name: str) -> str:
    """A header as plain words: 'Bestell-Nr.' and 'BestellNr' become 'bestell nr'."""
    text = unicodedata.normalize("NFKC", name)
    text = re.sub(r"(?<=[a-zà-ÿ0-9])(?=[A-ZÀ-Ý])|(?<=[A-Z])(?=[A-Z][a-z])", " ", text)
    letters = unicodedata.normalize("NFD", text.casefold().translate(_LIKE))
    plain = "".join(c for c in letters if not unicodedata.category(c).startswith("M"))
    plain = plain.replace("№", " no ")
    plain = re.sub(r"\((?:[a-z]{3}|local|[$€£¥])\)", " ", plain)
    return " ".join(re.findall(r"\w+|[#%]", plain.replace("_", " ")))


@lru_cache(maxsize=20_000)
def likeness(name: str, role: str) -> float:
    """0 to 1: how much a column called `name` sounds like `role`."""
    words = _vocabulary()[role]
    folded = fold(name)
    exact = max(words.names.get(folded, 0), words.joined.get(folded.replace(" ", ""), 0))
    if exact:
        return exact
    by_rule = _by_rules(folded, words)
    parts = set(folded.split())
    if parts & words.never or _holds_wide(folded, words.never):
        return by_rule
    return max(by_rule, _by_part(folded, words))


def meanings(name: str) -> frozenset[str]:
    """What the words of a column's name mean, as far as the dictionary knows them."""
    return _meanings(fold(name))[0]


def _by_rules(folded: str, words: Words) -> float:
    found, unknown = _meanings(folded)
    if found & {"net", "gross"}:
        found -= {"tax"}  # 'incl. VAT' says which price it is; 'VAT' alone would be the tax
    best = 0.0
    for needed, strength in words.rules:
        if needed <= found and found - needed <= words.neutral:
            extra = len(found - needed)
            best = max(best, strength * _UNKNOWN**unknown * 0.99**extra)
    return best if unknown < 3 else 0.0


def _by_part(folded: str, words: Words) -> float:
    """A name of the role that stands inside a longer one, if the rest does not speak against."""
    padded = f" {folded} "
    best = 0.0
    for phrase, strength in words.names.items():
        whole = f" {phrase} " in padded
        if whole or (len(phrase.encode()) > _SHORTEST_INSIDE and phrase in folded):
            rest = padded.replace(f" {phrase} " if whole else phrase, " ", 1).strip()
            if _meanings(rest)[0] <= words.neutral:
                share = len(phrase) / len(folded)
                best = max(best, strength * _PART_OF_NAME * (0.5 + 0.5 * share))
    return best


@lru_cache(maxsize=20_000)
def _meanings(folded: str) -> tuple[frozenset[str], int]:
    """Meanings of the words, and how many words have none that is known."""
    lexicon = _lexicon()
    tokens = folded.split()
    found: set[str] = set()
    unknown = 0
    while tokens:
        for size in range(min(4, len(tokens)), 1, -1):
            meaning = lexicon.whole.get("_".join(tokens[:size]))
            if meaning:
                found.add(meaning)
                del tokens[:size]
                break
        else:
            token = tokens.pop(0)
            if len(token) == 1 and token.isascii() and token not in lexicon.whole:
                continue  # 'o_id': a letter for the table
            meant = list(_of_word(token, lexicon))
            found.update(meant)
            unknown += not meant
    return frozenset(found - {"filler"}), unknown


def _of_word(token: str, lexicon: Lexicon) -> Iterator[str]:
    """The meanings inside one word: as it is, by its beginning, or piece by piece."""
    if token in lexicon.whole:
        yield lexicon.whole[token]
        return
    if not token[:1].isascii() and not _has_blanks(token):
        yield from _of_wide(token, lexicon)
        return
    for size in range(len(token), 2, -1):
        if token[:size] in lexicon.beginnings and len(token) - size <= 4:
            yield lexicon.beginnings[token[:size]]
            return
    yield from _pieces(token, lexicon) or ()


def _pieces(token: str, lexicon: Lexicon) -> list[str] | None:
    """'Kundennummer' as customer and number; None when a rest remains."""
    if not token:
        return []
    for size in range(len(token), 1, -1):
        piece = token[:size]
        meaning = lexicon.whole.get(piece) or lexicon.beginnings.get(piece)
        if meaning and (size >= _SHORTEST_PIECE or piece in _SHORT_PIECES):
            for joint in _JOINTS:
                if token[size:].startswith(joint):
                    rest = _pieces(token[size + len(joint) :], lexicon)
                    if rest is not None:
                        return [meaning, *rest]
    return None


def _of_wide(token: str, lexicon: Lexicon) -> Iterator[str]:
    """Chinese, Japanese, Korean and Thai write words without blanks: the longest first."""
    rest = token
    for word in lexicon.longest_first:
        if word in rest:
            rest = rest.replace(word, " ")
            yield lexicon.whole[word]


def _has_blanks(token: str) -> bool:
    """Greek, Cyrillic, Hebrew and Arabic letters, whose words stand apart."""
    return "\u0370" <= token[0] <= "\u06ff"


def _holds_wide(folded: str, never: frozenset[str]) -> bool:
    """Chinese and Japanese write no blanks between words."""
    return any(not word.isascii() and word in folded for word in never)


@cache
def _lexicon() -> Lexicon:
    whole: dict[str, str] = {}
    beginnings: dict[str, str] = {}
    for meaning, languages in _content()["words"].items():
        for entry in " ".join(languages.values()).split():
            word = "_".join(fold(entry.strip("*_")).split())
            (beginnings if entry.endswith("*") else whole).setdefault(word, meaning)
    wide = [word for word in whole if not word[:1].isascii() and not _has_blanks(word)]
    return Lexicon(whole, beginnings, tuple(sorted(wide, key=len, reverse=True)))


@cache
def _vocabulary() -> Dict[str, Words]:
    content = _content()
    result = {}
    for role in ROLES:
        names: dict[str, float] = {}
        for level, strength in _STRENGTH.items():
            for position, name in enumerate(content["names"][role][level]):
                # The order within a list breaks ties: a better name is a little stronger.
                names.setdefault(fold(name), strength - position * 1e-4)
        joined = {name.replace(" ", ""): strength for name, strength in reversed(names.items())}
        result[role] = Words(
            names,
            joined,
            frozenset(fold(word) for word in content["names"][role]["never"]),
            tuple((frozenset(rule.split()), share) for rule, share in content["rules"][role]),
            frozenset(content["neutral"][role]),
        )
    return result


@cache
def _content() -> Any:
    path = Path(__file__).with_name("vocabulary.json")
    return json.loads(path.read_text(encoding="utf-8"))
