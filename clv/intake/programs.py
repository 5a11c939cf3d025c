"""Exports of known programs: recognised by their header, read with their quirks.

`exports.json` lists them. `signature`: sets of names, one of which a header must hold in full;
`roles`: columns in order of preference; `amount_of`, `continued` and `left_out` as in a
`Mapping`; `takes_back`: kinds of refunds, which have their sign; `quirks`: sentences for the page
with the condition under which they are true.
"""

import json
from collections.abc import Mapping as Dict
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

from clv.intake.mapping import AmountOf, LeftOut, TakesBack
from clv.intake.vocabulary import fold
from clv.schema import REFUNDED

_ROLE, _NO_ROLE = "role:", "no:"
CONTINUED: Final = "continued"
ORDER: Final = "order"
LEFT_OUT: Final = "left_out"


@dataclass(frozen=True)
class Program:
    """A known export in a header: its columns by role, best first, and what is special.

    without: roles that the export has no column for, whatever its columns are called.
    amount_of: "order" where an order's total is in the export, "line" where amounts are of lines;
        None: either, and the data tell.
    quirks: (condition, sentence) pairs; the condition is "order", "continued", "left_out",
    "refunded", "role:NAME" (the role has a column) or "no:NAME" (it has none).
    """

    name: str
    roles: Dict[str, tuple[str, ...]]
    without: frozenset[str]
    amount_of: AmountOf | None
    continued: bool
    left_out: tuple[LeftOut, ...]
    takes_back: tuple[TakesBack, ...]
    quirks: tuple[tuple[str, str], ...]

    def say(self, roles: Dict[str, str], *, of_order: bool, continued: bool) -> tuple[str, ...]:
        """The sentences that are true of the mapping in force."""
        facts = {ORDER: of_order, CONTINUED: continued, LEFT_OUT: bool(self.left_out)}
        facts[REFUNDED] = REFUNDED in roles

        def holds(condition: str) -> bool:
            if condition.startswith(_ROLE):
                return condition.removeprefix(_ROLE) in roles
            if condition.startswith(_NO_ROLE):
                return condition.removeprefix(_NO_ROLE) not in roles
            return facts[condition]

        return tuple(sentence for condition, sentence in self.quirks if holds(condition))


def known_export(names: Sequence[str]) -> Program | None:
    """The program whose export has these column names; None when no signature fits."""
    by_fold: dict[str, str] = {}
    for name in names:
        by_fold.setdefault(fold(name), name)
    for export in _exports():
        if any(all(word in by_fold for word in words) for words in export["signature"]):
            return _program(export, by_fold)
    return None


def _program(export: Dict[str, Any], by_fold: Dict[str, str]) -> Program:
    found = {
        role: tuple(by_fold[word] for word in words if word in by_fold)
        for role, words in export["roles"].items()
    }
    rules = (
        LeftOut(
            column=by_fold[word],
            values=tuple(rule["values"]),
            others=rule.get("others", False),
            why=rule.get("why", "not an order"),
        )
        for rule in export.get("left_out", ())
        for word in [word for word in rule["columns"] if word in by_fold][:1]
    )
    return Program(
        name=export["program"],
        roles={role: columns for role, columns in found.items() if columns},
        without=frozenset(export.get("without", ())),
        amount_of=export.get("amount_of"),
        continued=export.get("continued", False),
        left_out=tuple(rules),
        takes_back=tuple(
            TakesBack(column=by_fold[word], values=tuple(kind["values"]), signed=True)
            for kind in export.get("takes_back", ())
            for word in [word for word in kind["columns"] if word in by_fold][:1]
        ),
        quirks=tuple((condition, sentence) for condition, sentence in export.get("quirks", ())),
    )


@cache
def _exports() -> Any:
    path = Path(__file__).with_name("exports.json")
    return json.loads(path.read_text(encoding="utf-8"))
