"""A first mapping for a file nobody has seen: from the names of columns and from their values.

A name alone can mislead, and so can values: each (role, column) pair is scored by both, the
best pairs are taken first, and what the values rule out is never suggested. Exports of known
programs are recognised by their header (`clv.intake.programs`).
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from clv.intake import inference
from clv.intake.confidence import LIKELY, alternatives, confidence, why
from clv.intake.conventions import date_order, decimal_mark, is_constant
from clv.intake.discounts import is_share, kind_of_discount, likeness_of_share
from clv.intake.evidence import Evidence
from clv.intake.inference import Chosen
from clv.intake.kinds import suggest_returned, suggest_takes_back
from clv.intake.mapping import MAX_ATTRIBUTES, DiscountIs, Mapping
from clv.intake.programs import Program, known_export
from clv.intake.relations import codes, constancy, product_share, values_per_group
from clv.intake.scoring import CONSTANT, LEAST, Columns, Scores, fit, scores
from clv.intake.sources import RawTable
from clv.intake.vocabulary import fold
from clv.schema import (
    AMOUNT,
    CUSTOMER_ID,
    DISCOUNT,
    NUMBER_ROLES,
    ORDER_ID,
    ORDERED_AT,
    PRODUCT_ID,
    QUANTITY,
    REQUIRED_ROLES,
    ROLES,
    UNIT_PRICE,
)

SAMPLE_ROWS: Final = 3000
_BESIDE_PROGRAM: Final = 0.9  # a known export is known: only clear names are added
_GUESTS: Final = 0.02  # share of rows without a number, from which on guests are worth keeping
_NEARLY_ALL: Final = 0.9
_NEARLY: Final = 0.7  # a program's preferred column gives way to one that fits far better
_MANY_PRODUCTS: Final = 20  # on several rows, before a column may be seen to group them
_ONE_GROUP: Final = 0.98
_PRIVATE: Final = frozenset(
    {"address", "phone", "zip", "postcode", "name", "note", "notes", "addressline2"}
)


@dataclass(frozen=True)
class Suggestion:
    """A mapping, and per role how sure it is, why, and what else it could be.

    confidence: 0 to 1, the share of such suggestions that are right; sure from 0.9, likely
    from 0.6. examples: some values of each chosen column. alternatives: the next best columns
    of a role, also of one without a suggestion. why: one sentence per role. program: the
    export that was recognised; quirks: what is special about it, in sentences.
    """

    mapping: Mapping
    confidence: dict[str, float]
    examples: dict[str, tuple[str, ...]]
    alternatives: dict[str, tuple[tuple[str, float], ...]] = field(default_factory=dict)
    why: dict[str, str] = field(default_factory=dict)
    program: str | None = None
    quirks: tuple[str, ...] = ()

    @property
    def unsure(self) -> tuple[str, ...]:
        """Roles to look at: those with a doubtful column, and needed ones without any."""
        doubtful = {role for role, share in self.confidence.items() if share < LIKELY}
        return tuple(role for role in ROLES if role in doubtful or role in self.missing)

    @property
    def missing(self) -> tuple[str, ...]:
        """Roles that are needed and have no column; the amount, or quantity and unit price."""
        roles = self.mapping.roles
        needed = [role for role in REQUIRED_ROLES if role not in roles]
        if AMOUNT not in roles and not {QUANTITY, UNIT_PRICE} <= set(roles):
            needed.append(AMOUNT)
        return tuple(needed)


def suggest_mapping(raw: RawTable, earlier: Sequence[Mapping] = ()) -> Mapping:
    """The likeliest mapping; `date_order` or `decimal` is None where the data do not decide."""
    return suggest(raw, earlier).mapping


def suggest(raw: RawTable, earlier: Sequence[Mapping] = ()) -> Suggestion:
    """The likeliest mapping with its confidence, for people to look over.

    earlier: recipes used before; the first whose columns are all there is taken as it is,
    unless the data contradict it.
    """
    frame = raw.sample(SAMPLE_ROWS)
    # Which of several files a row is from says nothing of the order.
    own = (name for name in raw.columns if name not in raw.provenance)
    columns = {name: Evidence.of(frame[name].tolist()) for name in own}
    for recipe in earlier:
        known = _as_before(raw, columns, recipe)
        if known is not None:
            return _from_recipe(known, columns)
    named = raw.detected.header
    program = known_export(raw.columns) if named else None
    found = scores(columns) if named else {}
    chosen = _assign(raw, columns, found, program, named=named)
    _add_share_off(chosen, columns)
    of_order, continued = _levels(raw, chosen, columns, program)
    mapping = Mapping(
        columns=tuple((role, chosen[role][0]) for role in ROLES if role in chosen),
        attributes=_attributes(columns, {column for column, _ in chosen.values()}, chosen),
        date_order=date_order(raw, chosen[ORDERED_AT][0]) if ORDERED_AT in chosen else "ymd",
        decimal=decimal_mark(raw, _money(chosen)),
        amount_of="order" if of_order else "line",
        discount_is=_discount_is(chosen, columns),
        continued=continued,
        left_out=program.left_out if program else (),
    )
    mapping = replace(mapping, takes_back=program.takes_back if program else ())
    returned = () if program else suggest_returned(raw, mapping)
    mapping = replace(mapping, left_out=(*mapping.left_out, *returned))
    mapping = replace(mapping, takes_back=(*mapping.takes_back, *suggest_takes_back(raw, mapping)))
    sure: dict[str, float] = {
        role: round(confidence(role, chosen, columns, found), 3) for role in ROLES if role in chosen
    }
    return Suggestion(
        mapping,
        sure,
        {role: columns[column].examples for role, column in mapping.columns},
        {role: alternatives(role, sure.get(role, 0.0), chosen, found) for role in ROLES},
        {role: why(role, chosen, columns) for role in mapping.roles},
        program.name if program else None,
        program.say(mapping.roles, of_order=of_order, continued=continued) if program else (),
    )


def _assign(
    raw: RawTable, columns: Columns, found: Scores, program: Program | None, *, named: bool
) -> Chosen:
    """Best pairs first; a column plays one role, and a role has one column."""
    chosen = _of_program(columns, program) if program else {}
    least = _BESIDE_PROGRAM if program else LEAST
    refused = {(role, c) for (role, c) in found if program and role in program.without}
    while True:
        _take_best(chosen, {p: s for p, s in found.items() if p not in refused}, least)
        if program is None or ORDERED_AT not in program.roles:
            _check_date(raw, chosen, columns, found)
        false = inference.false_order(chosen, columns)
        if false is None:
            break
        refused.add((ORDER_ID, false))
        del chosen[ORDER_ID]
    inference.drop_false_products(chosen, columns)
    inference.add_by_values(chosen, columns, named=named)
    inference.settle_price(chosen, columns)
    if program is None:
        inference.add_by_guess(chosen, columns)
    if program is None or AMOUNT not in program.roles:
        inference.settle_level(chosen, columns, found)
    return chosen


def _take_best(chosen: Chosen, found: Scores, least: float) -> None:
    taken = {column for column, _ in chosen.values()}
    for (role, column), score in sorted(found.items(), key=lambda pair: -pair[1]):
        if score >= least and role not in chosen and column not in taken:
            chosen[role] = (column, score)
            taken.add(column)


def _of_program(columns: Columns, program: Program) -> Chosen:
    chosen: Chosen = {}
    for role, names in program.roles.items():
        fits = {name: fit(role, columns[name], name) for name in names}
        best = max(fits.values())
        if best > 0:
            good = [name for name in names if fits[name] >= _NEARLY * best]
            chosen[role] = (_known_for_most(good, columns) if role == CUSTOMER_ID else good[0], 1.0)
    return chosen


def _known_for_most(names: list[str], columns: Columns) -> str:
    """The first, or the e-mail address where that is empty for guests and the address is not."""
    least = columns[names[0]].share_filled + _GUESTS
    mails = (name for name in names if columns[name].emails > _NEARLY_ALL)
    return next((name for name in mails if columns[name].share_filled > least), names[0])


def _check_date(raw: RawTable, chosen: Chosen, columns: Columns, found: Scores) -> None:
    """Choose among dates; one that is the same in the sample may differ further down."""
    named = chosen.get(ORDERED_AT)
    if named and columns[named[0]].is_constant and not is_constant(raw, named[0]):
        chosen[ORDERED_AT] = (named[0], found.get((ORDERED_AT, named[0]), LEAST) / CONSTANT)
        return
    inference.choose_date(chosen, columns, found)


def _levels(
    raw: RawTable, chosen: Chosen, columns: Columns, program: Program | None
) -> tuple[bool, bool]:
    """Whether the amount is per order, and whether rows go on; the data overrule a program."""
    if ORDER_ID not in chosen:
        return False, False
    continued = inference.continues(chosen, columns)
    if AMOUNT not in chosen:
        return False, continued
    if chosen[AMOUNT][0] in raw.repeated:
        return True, continued
    if {QUANTITY, UNIT_PRICE} <= set(chosen):
        parts = (columns[chosen[role][0]] for role in (QUANTITY, UNIT_PRICE, AMOUNT))
        if product_share(*parts, ones=True) > _NEARLY_ALL:
            return False, continued  # quantity x price is the amount: it is that of the line
    if program and program.amount_of == "line":
        return False, continued
    of_order = inference.amount_is_of_order(chosen, columns)
    if program is None:
        return of_order, continued
    orders, amount = (codes(columns[chosen[role][0]]) for role in (ORDER_ID, AMOUNT))
    agreed = program.amount_of == "order" and constancy(orders, amount) > 0.97
    return of_order or agreed, continued or (program.continued and agreed)


def _as_before(raw: RawTable, columns: Columns, recipe: Mapping) -> Mapping | None:
    """The recipe for this file, or None: other columns, or values that it cannot read."""
    day, money = recipe.column(ORDERED_AT), _money({r: (c, 1.0) for r, c in recipe.columns})
    if not set(recipe.needed) <= set(columns) or day is None:
        return None
    if any(fit(role, columns[column], column) < LEAST for role, column in recipe.columns):
        return None
    order, decimal = date_order(raw, day), decimal_mark(raw, money)
    if {order, recipe.date_order} == {"dmy", "mdy"}:
        return None
    return replace(recipe, date_order=recipe.date_order or order, decimal=decimal or recipe.decimal)


def _from_recipe(recipe: Mapping, columns: Columns) -> Suggestion:
    return Suggestion(
        recipe,
        dict.fromkeys(recipe.roles, 1.0),
        {role: columns[column].examples for role, column in recipe.columns},
        dict.fromkeys(ROLES, ()),
        dict.fromkeys(recipe.roles, "As in the recipe used before."),
    )


def _money(chosen: Chosen) -> list[str]:
    """The columns whose decimal mark counts: money, or pieces where there is no money."""
    money = [chosen[role][0] for role in NUMBER_ROLES if role in chosen and role != QUANTITY]
    return money or ([chosen[QUANTITY][0]] if QUANTITY in chosen else [])


def _add_share_off(chosen: Chosen, columns: Columns) -> None:
    """A discount written as a share is no money, yet counts where a price is all there is."""
    if AMOUNT in chosen or DISCOUNT in chosen or not {QUANTITY, UNIT_PRICE} <= set(chosen):
        return
    taken = {column for column, _ in chosen.values()}
    for name, seen in columns.items():
        like = likeness_of_share(name)
        if name not in taken and like >= LEAST and is_share(seen):
            chosen[DISCOUNT] = (name, like)
            return


def _discount_is(chosen: Chosen, columns: Columns) -> DiscountIs | None:
    """What a discount takes off, also beside an amount, which may be taken away later."""
    if DISCOUNT not in chosen:
        return "line"
    if UNIT_PRICE not in chosen:
        return None
    name = chosen[DISCOUNT][0]
    orders = codes(columns[chosen[ORDER_ID][0]]) if ORDER_ID in chosen else None
    return kind_of_discount(name, columns[name], columns[chosen[UNIT_PRICE][0]], orders)


def _attributes(columns: Columns, taken: set[str], chosen: Chosen) -> tuple[str, ...]:
    """Columns of few words, which say something about the customer or the order, and columns
    that group products."""
    products = columns.get(chosen[PRODUCT_ID][0]) if PRODUCT_ID in chosen else None
    free = {
        name: seen
        for name, seen in columns.items()
        if name not in taken and not _PRIVATE & set(fold(name).split())
    }
    labels = [name for name, seen in free.items() if seen.is_label][:MAX_ATTRIBUTES]
    levels = [
        name
        for name, seen in free.items()
        if name not in labels and products is not None and _groups_products(seen, products)
    ]
    return (*labels, *levels[:MAX_ATTRIBUTES])


def _groups_products(seen: Evidence, products: Evidence) -> bool:
    """Whether each product has one value, and values stand for several products each."""
    product, group = codes(products), codes(seen)
    again, _ = values_per_group(product, group)
    return (
        len(again) >= _MANY_PRODUCTS
        and constancy(product, group) >= _ONE_GROUP
        and 2 <= seen.distinct <= products.distinct / 2
        and seen.share_filled > 0.5
        and seen.numbers < 0.5
    )
