"""The same person under several customer ids: proposals to look at, merged only when accepted.

Some shops give a new id with every guest order, and people write their address in many ways. What
is proposed says why, and how sure that makes:

- sure: measured on simulated shops, more than 99 in 100 are right (`benchmarks/same_person.py`);
- likely: about nine in ten; each one is worth a look;
- maybe: a hint, no more.

A looser group holds the stricter ones within it, so accepting any set of proposals is consistent.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from collections.abc import Mapping as Dict
from dataclasses import dataclass
from typing import Any, Final, Literal

import ibis
import ibis.expr.types as ir
import pandas as pd
from rapidfuzz.distance import OSA

from clv.intake.card_pairs import (
    LIKELY,
    MAYBE,
    RULES,
    SCORES,
    SURE,
    common_words,
    edges,
    relation,
    two_names,
)
from clv.intake.cards import (
    EMAIL,
    ID,
    KINDS,
    NAME,
    SHOWN,
    cards,
    contact_lines,
    email_key,
    name_key,
)
from clv.intake.mapping import Mapping
from clv.intake.sources import RawTable

Kind = Literal["merge", "fill"]

MOST_IDS: Final = 10  # in a group; beyond it a chain has joined unlike people
MOST_IDS_OF_ONE_NAME: Final = 100
FILL: Final = "fill"
_FILLED: Final = "the e-mail address of one customer only"


@dataclass(frozen=True, kw_only=True)
class Candidate:
    """A proposal to treat several ids as one person, or to give rows without an id theirs.

    kind: "merge" of `ids` into `keep`, or "fill": rows without an id, whose `email` (as
        `cards.email_key` folds it) belongs to the one id `keep`.
    evidence: name of the rule that joined the group last; reason: a sentence for people.
    score: the share of such proposals that are right, by simulation: 0.99 sure, 0.9 likely,
        0.5 maybe.
    orders, revenue: of each of `ids`; of the rows that would be filled. Revenue is the sum of
        the amounts as written, before any rule of cleaning.
    examples: name, e-mail and so on of each of `ids`, to compare.
    """

    kind: Kind
    ids: tuple[str, ...]
    keep: str
    evidence: str
    reason: str
    score: float
    orders: tuple[int, ...]
    revenue: tuple[float, ...]
    examples: tuple[str, ...]
    email: str | None = None

    @property
    def sureness(self) -> str:
        """The score in a word: sure, likely or maybe."""
        return next(word for word, score in SCORES.items() if self.score >= score)


@dataclass(frozen=True)
class _Group:
    ids: tuple[str, ...]
    rule: int


def candidates(
    raw: RawTable, mapping: Mapping, contacts: Dict[str, str], *, limit: int | None = 1000
) -> tuple[Candidate, ...]:
    """Proposals for ids of one person, the surest first, then those with the most orders.

    contacts: kind (one of `cards.KINDS`) -> column. Without any, ids are compared as they are
    written. Nothing is changed: pass the accepted ones to `merges` and `fills`.
    """
    lines = contact_lines(raw, mapping, contacts)
    connection = lines.get_backend()
    known = cards(connection, lines)
    common = common_words(known)
    found = edges(connection, known, common)
    groups = tuple(_groups(found, _names(known, found), common))
    facts = _facts(lines, sorted({i for group in groups for i in group.ids}))
    proposals = [_merge(group, facts) for group in groups] + _fills(lines, known, common)
    proposals.sort(key=lambda c: (-c.score, -sum(c.orders), c.ids, c.email or ""))
    return tuple(proposals[:limit])


def merges(accepted: Iterable[Candidate]) -> tuple[tuple[str, str], ...]:
    """(alias, id) for every id that gives way, sorted; no id is both alias and target."""
    union = _Union()
    orders: dict[str, int] = {}
    kept: Counter[str] = Counter()
    for candidate in accepted:
        if candidate.kind == FILL:
            continue
        kept[candidate.keep] += 1
        orders |= dict(zip(candidate.ids, candidate.orders, strict=True))
        for other in candidate.ids:
            union.join(candidate.ids[0], other)
    pairs = []
    for members in union.members.values():
        targets = [i for i in members if kept[i]]
        target = min(targets, key=lambda i: (-orders[i], -kept[i], i))
        pairs += [(alias, target) for alias in members if alias != target]
    return tuple(sorted(set(pairs)))


def fills(accepted: Iterable[Candidate]) -> tuple[tuple[str, str], ...]:
    """(e-mail, id): rows without an id whose `cards.email_key` is that e-mail get that id.

    Where the id itself gives way in a merge, it is the id that it gives way to.
    """
    chosen = tuple(accepted)
    final = dict(merges(chosen))
    return tuple(
        sorted({(c.email, final.get(c.keep, c.keep)) for c in chosen if c.kind == FILL and c.email})
    )


class _Union:
    """Disjoint sets of ids."""

    def __init__(self) -> None:
        self.home: dict[str, str] = {}
        self.members: dict[str, list[str]] = {}

    def of(self, one: str) -> list[str]:
        """The members of the set of `one`."""
        if one not in self.home:
            self.home[one] = one
            self.members[one] = [one]
        return self.members[self.home[one]]

    def join(self, left: str, right: str) -> list[str]:
        """Make the sets of both one, and return it."""
        first, second = sorted((self.of(left), self.of(right)), key=len, reverse=True)
        if first is not second:
            del self.members[self.home[second[0]]]
            for one in second:
                self.home[one] = self.home[first[0]]
            first += second
        return first


def _groups(
    found: pd.DataFrame, names: Dict[str, frozenset[str]], common: frozenset[str]
) -> Iterator[_Group]:
    """Groups of ids, level by level; a pair that would join unlike people joins nothing."""
    union = _Union()
    pairs = list(zip(found["left"], found["right"], found["rule"], strict=True))
    direct = {(left, right): int(rule) for left, right, rule in pairs}
    for level in SCORES:
        grown: dict[str, int] = {}
        for left, right, rule in pairs:
            if RULES[rule].sureness != level:
                continue
            first, second = union.of(left), union.of(right)
            if first is second or _apart(first, second, names, direct, level, common):
                continue
            last = max((grown.pop(union.home[one], -1) for one in (left, right)), default=-1)
            union.join(left, right)
            grown[union.home[left]] = max(last, int(rule))
        for home, rule in sorted(grown.items()):
            yield _Group(tuple(sorted(union.members[home])), rule)


def _apart(
    first: list[str],
    second: list[str],
    names: Dict[str, frozenset[str]],
    direct: Dict[tuple[str, str], int],
    level: str,
    common: frozenset[str],
) -> bool:
    """Whether two groups must stay apart: too large together, or with names that do not fit."""
    together = [*first, *second]
    if len(together) > MOST_IDS:
        one_name = len(frozenset().union(*(names.get(i, frozenset()) for i in together))) == 1
        return not one_name or len(together) > MOST_IDS_OF_ONE_NAME
    return any(
        SCORES[RULES[direct[pair]].sureness] < SCORES[level]
        if (pair := (min(a, b), max(a, b))) in direct
        else _unlike(names.get(a, frozenset()), names.get(b, frozenset()), level, common)
        for a in first
        for b in second
    )


def _unlike(
    first: frozenset[str], second: frozenset[str], level: str, common: frozenset[str]
) -> bool:
    """Names of which no two can be one person's; a name that is not known speaks against none."""
    if not first or not second or level == MAYBE:
        return False
    return not any(_alike(a, b, level, common) for a in first for b in second)


def _alike(left: str, right: str, level: str, common: frozenset[str]) -> bool:
    edits = 2 if min(len(left), len(right)) >= 14 else 1
    if left == right or (
        OSA.distance(left, right, score_cutoff=2) <= edits and not two_names(left, right, common)
    ):
        return True
    initial, related = relation(left, right)
    return initial or (level == LIKELY and related)


def _names(known: ir.Table, found: pd.DataFrame) -> dict[str, frozenset[str]]:
    """The folded names of the ids that stand in an edge."""
    ids = sorted(set(found["left"]) | set(found["right"]))
    if not ids:
        return {}
    wanted = known.semi_join(ibis.memtable({ID: ids}), ID)
    rows = wanted.filter(wanted.sorted_name.notnull()).select(ID, "sorted_name").distinct()
    frame = rows.execute()
    return {str(one): frozenset(group) for one, group in frame.groupby(ID)["sorted_name"]}


def _facts(lines: ir.Table, ids: list[str]) -> dict[str, dict[str, Any]]:
    """Orders, revenue, the last day and what is known of each of `ids`."""
    if not ids:
        return {}
    mine = lines.semi_join(ibis.memtable({ID: ids}), ID)
    shown = {kind: mine[kind].argmin(mine.row_number, where=mine[kind].notnull()) for kind in KINDS}
    frame = (
        mine.group_by(ID)
        .aggregate(
            orders=mine.order.nunique(),
            revenue=mine.amount.sum().cast("float64").fill_null(0.0),
            last=mine.ordered_at.max(),
            **shown,
        )
        .execute()
    )
    return {row[ID]: row for row in frame.to_dict("records")}


def _merge(group: _Group, facts: Dict[str, dict[str, Any]]) -> Candidate:
    rule = RULES[group.rule]
    orders = tuple(int(facts[i]["orders"]) for i in group.ids)
    keep = min(group.ids, key=lambda i: (-facts[i]["orders"], *_latest_first(facts[i]), i))
    called = [_called(i, facts[i], rule.name) for i in group.ids]
    more = f" and {len(called) - 2} more" if len(called) > 2 else ""
    listed = f"{called[0]} and {called[1]}" if not more else f"{called[0]}, {called[1]}{more}"
    return Candidate(
        kind="merge",
        ids=group.ids,
        keep=keep,
        evidence=rule.name,
        reason=f"{listed}: {rule.said}, {len(group.ids)} ids, {_counted(sum(orders))}",
        score=SCORES[rule.sureness],
        orders=orders,
        revenue=tuple(float(facts[i]["revenue"]) for i in group.ids),
        examples=tuple(_shown(facts[i]) for i in group.ids),
    )


def _latest_first(fact: Dict[str, Any]) -> tuple[bool, float]:
    missing = bool(pd.isna(fact["last"]))
    return missing, 0.0 if missing else -fact["last"].timestamp()


def _called(one: str, fact: Dict[str, Any], rule: str) -> str:
    """An id with what makes it readable: its e-mail address or its name."""
    told = fact[EMAIL] if "email" in rule or "mailbox" in rule else fact[NAME]
    told = None if pd.isna(told) or told == one else told
    return f"{one} ({told})" if told else one


def _shown(fact: Dict[str, Any]) -> str:
    parts = [str(fact[kind]) for kind in SHOWN if not pd.isna(fact[kind])]
    return " · ".join(parts) or str(fact[ID])


def _counted(orders: int) -> str:
    return f"{orders:,} order" + ("" if orders == 1 else "s")


def _fills(lines: ir.Table, known: ir.Table, common: frozenset[str]) -> list[Candidate]:
    """Rows without an id whose e-mail address belongs to exactly one id."""
    blank = lines.filter(lines.id.isnull()).mutate(
        key=lambda t: email_key(t[EMAIL]), sorted_name=lambda t: name_key(t[NAME])
    )
    owners = known.filter(known.email.notnull()).group_by(key=known.email)
    single = owners.aggregate(
        ids=lambda t: t.id.nunique(),
        id=lambda t: t.id.min(),
        names=lambda t: t.sorted_name.collect(distinct=True),
    )
    single = single.filter(single.ids == 1).select("key", "names", owner="id")
    rows = blank.inner_join(single, "key")
    frame = (
        rows.group_by(["key", "owner"])
        .aggregate(
            rows=rows.count(),
            orders=rows.order.nunique(),
            revenue=rows.amount.sum().cast("float64").fill_null(0.0),
            theirs=rows.sorted_name.collect(distinct=True),
            names=rows.names.first(),
        )
        .execute()
    )
    return [_fill(row, common) for row in frame.to_dict("records")]


def _listed(names: Any) -> list[str]:
    return [] if names is None or isinstance(names, float) else [n for n in names if n]


def _fill(row: Dict[str, Any], common: frozenset[str]) -> Candidate:
    orders = int(row["orders"])
    theirs, owners = (frozenset(_listed(row[column])) for column in ("theirs", "names"))
    fits = not _unlike(theirs, owners, SURE, common)
    other = "" if fits else ", but the names differ"
    return Candidate(
        kind="fill",
        ids=(row["owner"],),
        keep=row["owner"],
        evidence=FILL,
        reason=(
            f"{_counted(orders)} without a customer have {row['key']}, {_FILLED}: {row['owner']}"
            f"{other}"
        ),
        score=SCORES[SURE if fits else MAYBE],
        orders=(orders,),
        revenue=(float(row["revenue"]),),
        examples=(row["key"],),
        email=row["key"],
    )
