"""Text columns to typed ones, as expressions that the engine runs over all rows at once.

A cell that cannot be read becomes NULL and keeps its text beside it, so that the ledger can
list it; nothing is guessed and nothing raises. The patterns are those of `clv.intake.values`.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import ibis
import ibis.expr.types as ir

from clv import engine
from clv.engine import parse_timestamp
from clv.intake import values
from clv.intake.corrections import NOTHING, Corrections
from clv.intake.mapping import DateOrder, Decimal, Mapping
from clv.intake.sources import DAMAGED, RawTable
from clv.schema import (
    AMOUNT,
    DISCOUNT,
    ID_ROLES,
    NUMBER_ROLES,
    ORDER_TIME,
    ORDERED_AT,
    QUANTITY,
    ROW_NUMBER,
    TEXT_ROLES,
    UNIT_PRICE,
)
from clv.settings import FIRST_YEAR, LAST_YEAR

MONEY: Final = "decimal(18, 4)"
MAX_AMOUNT: Final = 1e12
ORDERED_AT_TEXT: Final = "ordered_at_text"
AMOUNT_TEXT: Final = "amount_text"
PART_TEXTS: Final = {QUANTITY: "quantity_text", UNIT_PRICE: "unit_price_text"}

_ISO: Final = (
    r"^[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}(?:[T ][0-9]{1,2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]+)?)?)?$"
)
_DIGITS: Final = r"^[0-9]+(?:\.[0-9]+)?$"
_TAIL: Final = rf"(?:T|,? +)({values.CLOCK}){values.OFFSET}?$"
_CLOCKS: Final = ("", " %H:%M:%S", " %H:%M", " %I:%M:%S %p", " %I:%M %p")
_DAYS_TO_1970: Final = 25569  # Excel's serial number of 1970-01-01
_DAY_MS: Final = 86_400_000
_FLOAT_ID: Final = r"^[0-9]+\.0$"
_WORDS_THAT_MAKE_NAMES: Final = 3


@dataclass(frozen=True)
class IdHabit:
    """How a whole column of ids is written; all_float: in these parts of a combined table."""

    all_float: tuple[int, ...] = ()
    words_are_names: bool = False


def typed(
    table: ir.Table, raw: RawTable, mapping: Mapping, again: Corrections = NOTHING
) -> ir.Table:
    """The rows of `raw.table()` with every role as a typed column.

    Returns row_number; customer_id, order_id, product_id and the other text roles (string);
    ordered_at (timestamp); quantity, unit_price, cost, discount, refunded (float64); amount
    (decimal(18, 4)); the attribute columns under their keys; ordered_at_text, amount_text,
    quantity_text and unit_price_text as written; date_reread and amount_reread: cells that only
    the second reading of `again` could read. Roles that are not mapped are there as NULL.
    """
    decimal = mapping.decimal or "."
    marks = (decimal,) if again.decimal in (None, decimal) else (decimal, again.decimal)
    intact = table[DAMAGED].isnull()
    cells: dict[str, Any] = {role: table[raw.key(column)] for role, column in mapping.columns}
    if DISCOUNT in cells:
        cells[DISCOUNT] = cells[DISCOUNT].re_replace(r"\s*%\s*$", "")
    numbers = {
        role: _number(cells[role], marks) if role in cells else ibis.null("float64")
        for role in NUMBER_ROLES
        if role != AMOUNT
    }
    texts = {role: stripped(cells[role]) for role in TEXT_ROLES if role in cells}
    habits = _id_habits(
        raw, {role: raw.key(mapping.roles[role]) for role in ID_ROLES if role in cells}
    )
    part = _part(raw, table)
    ids = {role: identifier(cells[role], habit, part) for role, habit in habits.items()}
    moment, late = timestamp(cells[ORDERED_AT], mapping.date_order), ibis.literal(False)
    if again.date_order:
        second = timestamp(cells[ORDERED_AT], again.date_order)
        late = moment.isnull() & second.notnull()
        moment = ibis.coalesce(moment, second)
    if ORDER_TIME in cells:
        moment = at_time(moment, cells[ORDER_TIME])
    amount = _amount(cells, marks)
    columns: dict[str, Any] = {
        ROW_NUMBER: table[ROW_NUMBER],
        **{role: ids.get(role, ibis.null("string")) for role in ID_ROLES},
        ORDERED_AT: ibis.ifelse(intact, moment, ibis.null("timestamp")),
        **numbers,
        AMOUNT: ibis.ifelse(intact, amount, ibis.null(MONEY)),
        **{role: texts.get(role, ibis.null("string")) for role in TEXT_ROLES},
        **{raw.key(name): stripped(table[raw.key(name)]) for name in mapping.attributes},
        ORDERED_AT_TEXT: table[DAMAGED].fill_null(cells[ORDERED_AT]),
        AMOUNT_TEXT: _amount_text(cells),
        **{text: cells.get(role, ibis.null("string")) for role, text in PART_TEXTS.items()},
        "date_reread": intact & late,
        "amount_reread": intact & _reread(cells, marks, amount),
    }
    return table.select(**columns)


def stripped(text: Any) -> Any:
    """Text without blanks around it; NULL when nothing is left."""
    return engine.stripped(text).nullif("")


def known(text: Any) -> Any:
    """Stripped text, NULL for the words that programs write for 'nothing'."""
    return _once(
        engine.stripped(text),
        lambda bare: ibis.ifelse(_is_missing(bare), ibis.null("string"), bare),
    )


def _is_missing(bare: Any) -> Any:
    words = ["", *sorted(values.MISSING)]
    # Few cells are as short as these words: the others are told by their length alone.
    return (bare.length() <= max(map(len, words))) & bare.lower().isin(words)


def identifier(text: Any, habit: IdHabit, part: Any) -> Any:
    """An id as text, leading zeros kept; '17850.0' loses its '.0' where all ids look like that.

    'NULL' and the like are missing, unless three or more spellings of them stand in the
    column: then they are names that customers chose, for a program writes one of them.
    part: number of the file that the row is from, each of which has its way with numbers.
    """
    result = stripped(text) if habit.words_are_names else known(text)
    if not habit.all_float:
        return result
    return ibis.ifelse(part.isin(habit.all_float), result.re_replace(r"\.0$", ""), result)


def number_text(text: Any, decimal: Decimal) -> Any:
    """A number as plain text ('-1234.56') from any common way of writing it, else NULL."""

    def without_sign(bare: Any) -> Any:
        return _once(bare.re_replace(values.SIGN, r"\1"), lambda digits: checked(bare, digits))

    def checked(bare: Any, digits: Any) -> Any:
        sign = ibis.ifelse(bare.re_search(values.NEGATIVE), "-", "")
        plain = digits.re_replace(values.GROUPS[decimal], "").replace(",", ".")
        fits = digits.re_search(values.DIGITS[decimal])
        return ibis.ifelse(fits, sign + plain, ibis.null("string"))

    def read(cell: Any) -> Any:
        before = cell.re_replace(values.CURRENCY_BEFORE, r"\1")
        bare = before.re_replace(values.CURRENCY_AFTER, r"\1")
        simple = cell.replace(",", ".") if decimal == "," else cell
        is_simple = cell.re_search(values.PLAIN[decimal])
        return ibis.cases((is_simple, simple), else_=_once(bare, without_sign))

    return _once(engine.stripped(text), read)


def finite(text: Any) -> Any:
    """A float64 from number text; NULL beyond what money or counts can be."""
    return _once(text.try_cast("float64"), lambda value: _within(value, value, "float64"))


def money(text: Any) -> Any:
    """An exact decimal(18, 4) from number text; NULL at a million millions and beyond."""
    return _once(
        text,
        lambda plain: _within(plain.try_cast("float64"), plain.try_cast(MONEY), MONEY),
    )


def timestamp(text: Any, order: DateOrder | None) -> Any:
    """A timestamp from any common way of writing one, NULL outside the years 1970 to 2100.

    `order` tells 3/4/2021 apart. The time of day is the one written; offsets are dropped.
    """

    def read(cell: Any) -> Any:
        return ibis.cases(
            (cell.re_search(_ISO), cell.try_cast("timestamp")),
            (cell.re_search(_DIGITS), _from_digits(cell)),
            else_=_from_words(cell, order),
        )

    def possible(moment: Any) -> Any:
        fits = moment.year().between(FIRST_YEAR, LAST_YEAR)
        return ibis.ifelse(fits, moment, ibis.null("timestamp"))

    return _once(_once(known(text), read), possible)


def at_time(moment: Any, text: Any) -> Any:
    """The day of `moment` at the time of day in `text` ('14:05', '2:05 pm', '14'), if any."""

    def seconds(clock: Any) -> Any:
        hour = clock.try_cast("int64")
        written = _parse(ibis.literal("1970-01-01"), _tidy_clock(clock))
        return ibis.cases(
            (hour.between(0, 23), hour * 3600),
            (clock.contains(":"), written.epoch_seconds()),
            else_=ibis.null("int64"),
        )

    after = _once(engine.stripped(text), seconds).as_interval("s")
    return _once(moment, lambda day: ibis.coalesce(day.truncate("D") + after, day))


def _from_digits(text: Any) -> Any:
    value = text.try_cast("float64")
    milliseconds = ibis.cases(
        (text.re_search(r"^[0-9]{9,10}(?:\.[0-9]+)?$"), value * 1000),
        (text.re_search(r"^[0-9]{13}$"), value),
        (text.re_search(r"^[0-9]{16}$"), value / 1000),
        (text.re_search(values.SERIAL), (value - _DAYS_TO_1970) * _DAY_MS),
        else_=ibis.null("float64"),
    )
    return ibis.cases(
        (text.re_search(values.COMPACT), parse_timestamp(text.left(8), ["%Y%m%d"])),
        (
            text.re_search(values.COMPACT_TIME),
            parse_timestamp(text, ["%Y%m%d%H%M%S", "%Y%m%d%H%M"]),
        ),
        else_=milliseconds.round().cast("int64").as_timestamp("ms").cast("timestamp"),
    )


def _from_words(text: Any, order: DateOrder | None) -> Any:
    def read(flat: Any) -> Any:
        clock = _tidy_clock(flat.re_extract(_TAIL, 1))
        iso = _once(flat.re_replace(_TAIL, ""), lambda day: _iso_day(day, order))
        return _once(iso, lambda day: ibis.coalesce(_parse(day, clock), _parse(day, "")))

    return _once(text.re_replace(f"[{values.SPACES}]+", " "), read)


def _iso_day(text: Any, order: DateOrder | None) -> Any:
    """Year, month and day in this order; what is no date then fails to parse."""
    cases = []
    for name, start in values.DAY_PATTERNS.items():
        pattern = start + "$"
        first, second, third = (text.re_extract(pattern, group) for group in (1, 2, 3))
        if name == "year_first" or (name == "numeric" and order in (None, "ymd")):
            parts = (first, second, third)
        elif name == "numeric":
            parts = (third, second, first) if order == "dmy" else (third, first, second)
        elif name == "day_month_word":
            parts = (third, _month_number(second), first)
        else:
            parts = (third, _month_number(first), second)
        cases.append(
            (text.re_search(pattern), _full_year(parts[0]) + "-" + parts[1] + "-" + parts[2])
        )
    return ibis.cases(*cases, else_=ibis.null("string"))


def _full_year(year: Any) -> Any:
    return _once(
        year,
        lambda digits: ibis.cases(
            (digits.length() == 4, digits),
            (digits.length() != 2, "no year"),
            (digits < "70", ibis.literal("20") + digits),
            else_=ibis.literal("19") + digits,
        ),
    )


def _month_number(word: Any) -> Any:
    names = ((name, str(number)) for name, number in values.MONTHS.items())
    return word.lower().cases(*names, else_="no month")


def _tidy_clock(clock: Any) -> Any:
    plain = clock.upper().re_replace(r"[.,][0-9]+|\.", "")
    return plain.re_replace(r" ?([AP]M)$", r" \1")


def _parse(day: Any, clock: Any) -> Any:
    text = (day + " " + clock).rstrip()
    return parse_timestamp(text, [f"%Y-%m-%d{ending}" for ending in _CLOCKS])


def _number(text: Any, marks: Sequence[Decimal]) -> Any:
    """A float64 under the first of the decimal marks that can read the text."""
    readings = [finite(number_text(text, mark)) for mark in marks]
    return readings[0] if len(readings) == 1 else ibis.coalesce(*readings)


def _amount(cells: dict[str, Any], marks: Sequence[Decimal]) -> Any:
    if AMOUNT in cells:
        readings = [money(number_text(cells[AMOUNT], mark)) for mark in marks]
        return readings[0] if len(readings) == 1 else ibis.coalesce(*readings)
    if not {QUANTITY, UNIT_PRICE} <= set(cells):
        return ibis.null(MONEY)
    quantity, price = (_number(cells[role], marks) for role in (QUANTITY, UNIT_PRICE))
    return _once(
        (quantity * price).round(4), lambda value: _within(value, value.try_cast(MONEY), MONEY)
    )


def _reread(cells: dict[str, Any], marks: Sequence[Decimal], amount: Any) -> Any:
    """Whether only the second mark could read the amount."""
    if len(marks) == 1:
        return ibis.literal(False)
    return amount.notnull() & _amount(cells, marks[:1]).isnull()


def _amount_text(cells: dict[str, Any]) -> Any:
    if AMOUNT in cells:
        return cells[AMOUNT]
    if not {QUANTITY, UNIT_PRICE} <= set(cells):
        return ibis.null("string")
    both = cells[QUANTITY].fill_null("") + " x " + cells[UNIT_PRICE].fill_null("")
    neither = cells[QUANTITY].isnull() & cells[UNIT_PRICE].isnull()
    return neither.ifelse(ibis.null("string"), both)


def _within(size: Any, value: Any, kind: str) -> Any:
    return ibis.ifelse(size.abs() < MAX_AMOUNT, value, ibis.null(kind))


def _once(value: Any, body: Callable[[Any], Any]) -> Any:
    """`body(value)` with the value computed once: SQL has no 'let', a list of one is one.

    Without it every use of a value repeats the expression behind it, and they multiply. The
    engine knows a parameter by its name: bodies within bodies need different ones.
    """
    return ibis.array([value]).map(body)[0]


def _id_habits(raw: RawTable, keys: dict[str, str]) -> dict[str, IdHabit]:
    """One look at every row of the id columns, for what a single cell cannot tell."""
    if not keys:
        return {}
    table = raw.table(engine.connect())
    counts: dict[str, Any] = {}
    for role, key in keys.items():
        text = engine.stripped(table[key])
        missing = _is_missing(text)
        is_float = text.endswith(".0") & text.re_search(_FLOAT_ID)
        counts[f"{role}_words"] = text.collect(where=missing & (text != ""), distinct=True)
        counts[f"{role}_floats"] = is_float.sum()
        counts[f"{role}_others"] = (~missing & ~is_float).sum()
    seen = table.group_by(part=_part(raw, table)).aggregate(**counts).execute()

    def habit(role: str) -> IdHabit:
        floats, others = (seen[f"{role}_{what}"].fillna(0) for what in ("floats", "others"))
        words = {word for found in seen[f"{role}_words"].dropna() for word in found}
        return IdHabit(
            all_float=tuple(int(part) for part in seen["part"][(floats > 0) & (others == 0)]),
            words_are_names=len(words) >= _WORDS_THAT_MAKE_NAMES,
        )

    return {role: habit(role) for role in keys}


def _part(raw: RawTable, table: ir.Table) -> Any:
    """Number of the file that a row of a combined table is from, the first being 0."""
    later = list(enumerate(raw.origins))[:0:-1]
    cases = [(table[ROW_NUMBER] > origin.before, place) for place, origin in later]
    return ibis.cases(*cases, else_=0) if cases else ibis.literal(0)
