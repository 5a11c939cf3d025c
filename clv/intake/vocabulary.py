"""What the names of columns say: header words in several languages, exports of known programs.

`vocabulary.json` has per role names that are `sure`, `likely` or `possible`, best first, and
words that `never` stand in a name of that role. `exports.json` has whole layouts: the names
that give a program's export away, and per role its columns, best first.
"""

import json
import re
import unicodedata
from collections.abc import Mapping as Dict
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

from clv.schema import ROLES

_STRENGTH: Final = {"sure": 1.0, "likely": 0.8, "possible": 0.5}
_PART_OF_NAME: Final = 0.75
_SHORTEST_INSIDE: Final = 5


@dataclass(frozen=True)
class Words:
    """Folded names of one role with their strength, and words that speak against it."""

    names: Dict[str, float]
    joined: Dict[str, float]
    never: frozenset[str]


def fold(name: str) -> str:
    """A header as plain words: 'Bestell-Nr.' and 'BestellNr' become 'bestell nr'."""
    text = unicodedata.normalize("NFKC", name)
    text = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", " ", text)
    letters = unicodedata.normalize("NFD", text.casefold().replace("ß", "ss").replace("ı", "i"))
    plain = "".join(c for c in letters if unicodedata.category(c) != "Mn").replace("№", " no ")
    plain = re.sub(r"\((?:usd|eur|gbp|chf|inr|brl|cny|local|utc|[$€£¥])\)", " ", plain)
    return " ".join(re.findall(r"\w+|#", plain.replace("_", " ")))


def likeness(name: str, role: str) -> float:
    """0 to 1: how much a column called `name` sounds like `role`."""
    words = _vocabulary()[role]
    folded = fold(name)
    exact = max(words.names.get(folded, 0), words.joined.get(folded.replace(" ", ""), 0))
    if exact:
        return exact
    parts = set(folded.split())
    if parts & words.never or _holds_wide(folded, words.never):
        return 0.0
    padded = f" {folded} "
    best = 0.0
    for phrase, strength in words.names.items():
        inside = f" {phrase} " in padded or (
            len(phrase.encode()) > _SHORTEST_INSIDE and phrase in folded
        )
        if inside:
            share = len(phrase) / len(folded)
            best = max(best, strength * _PART_OF_NAME * (0.5 + 0.5 * share))
    return best


def known_export(names: Sequence[str]) -> Dict[str, list[str]]:
    """Role -> columns in order of preference, when the names are those of a known export."""
    by_fold: dict[str, str] = {}
    for name in names:
        by_fold.setdefault(fold(name), name)
    for export in _read("exports.json"):
        if all(word in by_fold for word in export["signature"]):
            found = {
                role: [by_fold[word] for word in words if word in by_fold]
                for role, words in export["roles"].items()
            }
            return {role: columns for role, columns in found.items() if columns}
    return {}


def _holds_wide(folded: str, never: frozenset[str]) -> bool:
    """Chinese and Japanese write no blanks between words."""
    return any(not word.isascii() and word in folded for word in never)


@cache
def _vocabulary() -> Dict[str, Words]:
    content = _read("vocabulary.json")
    result = {}
    for role in ROLES:
        names: dict[str, float] = {}
        for level, strength in _STRENGTH.items():
            for position, name in enumerate(content[role][level]):
                # The order within a list breaks ties: a better name is a little stronger.
                names.setdefault(fold(name), strength - position * 1e-4)
        joined = {name.replace(" ", ""): strength for name, strength in reversed(names.items())}
        result[role] = Words(names, joined, frozenset(map(fold, content[role]["never"])))
    return result


def _read(name: str) -> Any:
    return json.loads(Path(__file__).with_name(name).read_text(encoding="utf-8"))
