"""Header words of files with one row per customer, in several languages.

`customer_words.json` has per kind of column the words that say so: `exact` words of the header,
words that a word of the header `starts` with, and pieces that may stand `inside` of it.
"""

import json
from collections.abc import Mapping as Dict
from functools import cache
from pathlib import Path
from typing import Any

from clv.intake.vocabulary import fold


def says(name: str, kind: str) -> bool:
    """Whether a header has a word of this kind: "first", "last", "order", "count", "value" ..."""
    words, folded = _words()[kind], fold(name)
    parts = folded.split()
    return (
        any(part in words["exact"] for part in parts)
        or any(part.startswith(start) for part in parts for start in words["starts"])
        or any(piece in folded for piece in words["inside"])
    )


def rest(name: str, common: frozenset[str]) -> tuple[str, ...]:
    """The words of a header that are not `common` to its kind, nor mean all channels."""
    return tuple(
        part for part in fold(name).split() if part not in common | set(_words()["all_channels"])
    )


@cache
def _words() -> Dict[str, Any]:
    path = Path(__file__).with_name("customer_words.json")
    content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return content
