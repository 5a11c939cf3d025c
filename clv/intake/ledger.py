"""What became of every row of the file: used, changed, or left out with its number and reason."""

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Final

import pandas as pd

from clv.intake.wording import counted, percent, verb

_WORTH_SAYING: Final = 0.01


class Reason(StrEnum):
    """Why a row was left out, in the order in which the rules are applied.

    A row that several rules would drop is listed under the first of them.
    """

    NOT_AN_ORDER = "not an order"
    TEST_ORDER = "test order"
    NO_CUSTOMER = "no customer"
    CUSTOMER_LEFT_OUT = "customer left out"
    NO_DATE = "no date"
    IMPOSSIBLE_DATE = "impossible date"
    AFTER_LAST_DAY = "after the last day asked for"
    OTHER_CURRENCY = "in another currency"
    NO_AMOUNT = "no amount"
    IMPOSSIBLE_AMOUNT = "impossible amount"
    SUPERSEDED = "again in a later file"
    DUPLICATE = "exact duplicate"
    CANCELLED = "cancelled order"
    FREE_LINE = "free line"
    REFUND_WITHOUT_ORDER = "refund without an earlier order"
    REFUND_IGNORED = "refund left out"
    ORDER_REFUNDED = "order refunded in full"
    NO_ORDERS = "no orders"
    LAST_BEFORE_FIRST = "last order before the first"
    IMPOSSIBLE_COUNT = "impossible number of orders"
    ONE_ORDER_TWO_DAYS = "one order on two days"
    CUSTOMER_TWICE = "customer has an earlier row"


EXPLANATION = {
    Reason.NOT_AN_ORDER: "A kind of row that is no sale: a transfer, a fee, a withdrawal.",
    Reason.TEST_ORDER: "An order made to try the shop out.",
    Reason.NO_CUSTOMER: "Nobody to credit the line to.",
    Reason.CUSTOMER_LEFT_OUT: "You chose to leave this customer out.",
    Reason.NO_DATE: "The date cell is empty.",
    Reason.IMPOSSIBLE_DATE: "The date cannot be read, or lies outside 1970 to 2100.",
    Reason.AFTER_LAST_DAY: "Later than the last day that you asked for.",
    Reason.NO_AMOUNT: "The amount, or quantity or price, is empty.",
    Reason.IMPOSSIBLE_AMOUNT: "The amount is no number, or too large to be one.",
    Reason.OTHER_CURRENCY: "Not the currency that you chose, and no rate to turn it into that.",
    Reason.SUPERSEDED: "A later file has this order again; its rows there count.",
    Reason.DUPLICATE: "Equal to an earlier row in every column.",
    Reason.CANCELLED: "The order status says that the order was cancelled.",
    Reason.FREE_LINE: "The amount is zero: a sample, a gift or a correction.",
    Reason.REFUND_WITHOUT_ORDER: "The order that it pays back is not in the file.",
    Reason.REFUND_IGNORED: "Refunds are left out, as you chose.",
    Reason.ORDER_REFUNDED: "All of the order was paid back later.",
    Reason.NO_ORDERS: "The number of orders is empty or zero.",
    Reason.LAST_BEFORE_FIRST: "The last order is earlier than the first.",
    Reason.IMPOSSIBLE_COUNT: "A number of orders is no whole number, or below zero.",
    Reason.ONE_ORDER_TWO_DAYS: "A single order, but its first and last day differ.",
    Reason.CUSTOMER_TWICE: "Rows of one customer cannot be added up; the first one counts.",
}


class Change(StrEnum):
    """What was done to a value, in the order in which it is done."""

    FIXED = "cell fixed"
    REREAD = "read in the second way"
    MERGED = "customer merged"
    FILLED = "customer found by e-mail"
    CONTINUED = "joined the order above"
    CREDITED = "refund by its kind"
    SHARED_OUT = "order total shared out"
    CONVERTED = "converted"
    CAPPED = "capped"


CHANGE_EXPLANATION = {
    Change.FIXED: "You gave another value for the cell.",
    Change.REREAD: "Unreadable at first, read by the second way that you chose.",
    Change.MERGED: "The id of another customer, who you said is the same person.",
    Change.FILLED: "No id, and the e-mail address of a customer who has one.",
    Change.CONTINUED: "A row without an order number, under the order it belongs to.",
    Change.CREDITED: "A credit note or return by its kind, written without a minus: it takes the "
    "money back.",
    Change.SHARED_OUT: "The total of the order, shared out over its rows, so that it counts once.",
    Change.CONVERTED: "Turned into the currency that you chose, at your rate.",
    Change.CAPPED: "More than the cap that you chose.",
}


@dataclass(frozen=True)
class Changed:
    """How many rows were changed in one way."""

    change: Change
    rows: int

    @property
    def explanation(self) -> str:
        """One sentence for the page."""
        return CHANGE_EXPLANATION[self.change]


# Reasons of rows whose money is not known.
UNCOUNTED = (Reason.OTHER_CURRENCY, Reason.NO_AMOUNT, Reason.IMPOSSIBLE_AMOUNT)


@dataclass(frozen=True)
class Effect:
    """What one rule takes out.

    rows, customers: rows dropped and the customers they belong to; customers_lost: those of
    them who have no row left afterwards; revenue: net money on the dropped rows.
    """

    reason: Reason
    rows: int
    customers: int
    customers_lost: int
    revenue: float

    @property
    def explanation(self) -> str:
        """One sentence for the page."""
        return EXPLANATION[self.reason]


@dataclass(frozen=True)
class Ledger:
    """Every input row accounted for: `read` is always `used` plus `rejected`.

    revenue: net money on the used rows. changes: what was changed on the way, by kind.
    equal, equal_revenue: used rows that are equal to an earlier one in every column, and their
    money. credited, credited_revenue: used rows that are refunds by their kind alone, and their
    money. doubts: sentences on kinds that may be refunds, and count as sales.
    """

    read: int
    used: int
    revenue: float
    effects: tuple[Effect, ...]
    changes: tuple[Changed, ...]
    rejected_path: Path
    changes_path: Path
    equal: int = 0
    equal_revenue: float = 0.0
    credited: int = 0
    credited_revenue: float = 0.0
    doubts: tuple[str, ...] = ()

    @property
    def rejected(self) -> int:
        """Number of rows left out."""
        return sum(effect.rows for effect in self.effects)

    @property
    def losses(self) -> tuple[str, ...]:
        """A sentence for each reason that took out 1 % of the rows or of net revenue, or more."""
        everything = self.revenue + sum(effect.revenue for effect in self.effects)
        found = []
        for effect in self.effects:
            rows = effect.rows / self.read
            share = effect.revenue / everything if everything > 0 else 0.0
            if max(rows, abs(share)) < _WORTH_SAYING:
                continue
            worth = f"worth {percent(share, 1)} of net revenue"
            if effect.reason in UNCOUNTED:
                worth = "worth nobody can tell how much"
            elif not 0 <= share <= 1:
                worth = f"worth {effect.revenue:,.2f}"
            found.append(f"{percent(rows, 1)} of rows: {effect.reason}, {worth}.")
        return tuple(found)

    @property
    def about_equal(self) -> str:
        """A sentence on rows that count although an earlier one is equal; "" without such rows."""
        if not self.equal:
            return ""
        rows, are = ("row", "is") if self.equal == 1 else ("rows", "are")
        return (
            f"{self.equal:,} {rows} {are} equal to an earlier row in every column, worth "
            f"{self.equal_revenue:,.2f}. They count, as further pieces or purchases."
        )

    @property
    def about_credited(self) -> str:
        """A sentence on rows that are refunds by their kind; "" without such rows."""
        if not self.credited:
            return ""
        number = self.credited
        are = verb(number, "is a refund by its", "are refunds by their")
        count = verb(number, "It counts", "They count")
        return (
            f"{counted(number, 'row')} {are} kind, written without a minus. {count} as "
            f"{self.credited_revenue:,.2f}, and as no purchase."
        )

    @property
    def reasons(self) -> dict[str, int]:
        """Rows left out by reason, in the order of the rules."""
        return {str(effect.reason): effect.rows for effect in self.effects}

    def rejected_rows(self) -> pd.DataFrame:
        """The rows left out: row_number (as a spreadsheet shows it), reason, column, value."""
        return pd.read_parquet(self.rejected_path)

    def changed_rows(self) -> pd.DataFrame:
        """The values changed: row_number, change, column, old, new."""
        return pd.read_parquet(self.changes_path)

    def table(self) -> pd.DataFrame:
        """One row per rule that took something out: reason, rows, customers, revenue, why."""
        return pd.DataFrame(
            [
                (
                    str(e.reason),
                    e.rows,
                    e.customers,
                    e.customers_lost,
                    None if e.reason in UNCOUNTED else e.revenue,
                    e.explanation,
                )
                for e in self.effects
            ],
            columns=["reason", "rows", "customers", "customers_lost", "revenue", "explanation"],
        )
