"""What became of every row of the file: used, or rejected with its number, reason and value."""

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

import pandas as pd


class Reason(StrEnum):
    """Why a row was left out, in the order in which the rules are applied.

    A row that several rules would drop is listed under the first of them.
    """

    NO_CUSTOMER = "no customer"
    NO_DATE = "no date"
    IMPOSSIBLE_DATE = "impossible date"
    AFTER_LAST_DAY = "after the last day asked for"
    NO_AMOUNT = "no amount"
    IMPOSSIBLE_AMOUNT = "impossible amount"
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
    Reason.NO_CUSTOMER: "Nobody to credit the line to.",
    Reason.NO_DATE: "The date cell is empty.",
    Reason.IMPOSSIBLE_DATE: "The date cannot be read, or lies outside 1970 to 2100.",
    Reason.AFTER_LAST_DAY: "Later than the last day that you asked for.",
    Reason.NO_AMOUNT: "The amount, or quantity or price, is empty.",
    Reason.IMPOSSIBLE_AMOUNT: "The amount is no number, or too large to be one.",
    Reason.DUPLICATE: "Equal to an earlier row in every column.",
    Reason.CANCELLED: "The order status says that the order was cancelled.",
    Reason.FREE_LINE: "The amount is zero: a sample, a gift or a correction.",
    Reason.REFUND_WITHOUT_ORDER: "The customer has no earlier order that it could belong to.",
    Reason.REFUND_IGNORED: "Refunds are left out, as you chose.",
    Reason.ORDER_REFUNDED: "All of the order was paid back later.",
    Reason.NO_ORDERS: "The number of orders is empty or zero.",
    Reason.LAST_BEFORE_FIRST: "The last order is earlier than the first.",
    Reason.IMPOSSIBLE_COUNT: "A number of orders is no whole number, or below zero.",
    Reason.ONE_ORDER_TWO_DAYS: "A single order, but its first and last day differ.",
    Reason.CUSTOMER_TWICE: "Rows of one customer cannot be added up; the first one counts.",
}


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
    """Every input row accounted for: `read` is always `used` plus `rejected`."""

    read: int
    used: int
    effects: tuple[Effect, ...]
    rejected_path: Path

    @property
    def rejected(self) -> int:
        """Number of rows left out."""
        return sum(effect.rows for effect in self.effects)

    @property
    def reasons(self) -> dict[str, int]:
        """Rows left out by reason, in the order of the rules."""
        return {str(effect.reason): effect.rows for effect in self.effects}

    def rejected_rows(self) -> pd.DataFrame:
        """The rows left out: row_number (as a spreadsheet shows it), reason, column, value."""
        return pd.read_parquet(self.rejected_path)

    def table(self) -> pd.DataFrame:
        """One row per rule that took something out: reason, rows, customers, revenue, why."""
        return pd.DataFrame(
            [
                (str(e.reason), e.rows, e.customers, e.customers_lost, e.revenue, e.explanation)
                for e in self.effects
            ],
            columns=["reason", "rows", "customers", "customers_lost", "revenue", "explanation"],
        )
