"""The options that travel together: how rows are cleaned, how value is computed."""

import math
from dataclasses import asdict, dataclass
from datetime import date
from itertools import pairwise
from typing import Any, Final, Literal, get_args

from clv import shapes
from clv.errors import InvalidSettings

Refunds = Literal["net", "own_date", "ignore"]
ChurnMethod = Literal["period_over_period", "one_minus_repeat_rate", "inactivity", "model"]
ModelName = Literal["Automatic", "BG/NBD", "MBG/NBD", "Pareto/NBD", "NBD", "Same rate as before"]

AUTOMATIC: Final = "Automatic"
MAX_HORIZON_MONTHS: Final = 60
ASSUMED_MARGIN: Final = 0.4
MOST: Final = 1e12  # of money
FIRST_YEAR, LAST_YEAR = 1970, 2100
CELLS: Final = frozenset(f"{r}{f}" for r in range(1, 6) for f in range(1, 6))
LONGEST_NAME: Final = 30  # characters of a segment's name


@dataclass(frozen=True, kw_only=True)
class Rules:
    """How rows become transactions. Every rule that drops rows is counted in the ledger.

    refunds: "net" books a refund against the order it belongs to, "own_date" on the day
        it was made, "ignore" drops refunds and the orders that they cancel in full.
    drop_duplicates: drop rows equal to an earlier row in every column. None: only where rows
        are orders with a number, and where whole orders of several rows are there twice; else
        an equal row may be one more purchase, or one more piece.
    drop_free_lines: drop lines whose amount is zero (samples, gifts, corrections). None: only
        when the file has order numbers, for without them a row is a purchase of its own,
        and one that cost nothing (a voucher) is still a purchase.
    until: leave out rows after this day.
    currency: the currency to keep; None: the only one there is. rates: (currency, what one unit
        of it is worth in the kept one); rows in a currency without a rate are left out.
    cap: lines of more than this amount of money count as this much; None: as they are.
    without: ids of customers to leave out (wholesale, staff, tests).
    """

    refunds: Refunds = "net"
    drop_duplicates: bool | None = None
    drop_free_lines: bool | None = None
    until: date | None = None
    currency: str | None = None
    rates: tuple[tuple[str, float], ...] = ()
    cap: float | None = None
    without: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        _one_of("refund policy", self.refunds, get_args(Refunds))
        for code, rate in self.rates:
            if not (math.isfinite(rate) and 0 < rate < MOST):
                raise InvalidSettings(
                    f"The rate of {code} must be a positive number, not {rate:g}.",
                    "Give what one unit of it is worth in the currency that you keep.",
                )
        codes = [code for code, _ in self.rates]
        if len(set(codes)) < len(codes) or self.currency in codes:
            raise InvalidSettings(
                "A currency has two rates, or the one that you keep has one.",
                "Give one rate for each of the other currencies.",
            )
        if self.rates and self.currency is None:
            raise InvalidSettings(
                "Rates need a currency to turn amounts into.", "Choose the currency to keep."
            )
        if self.cap is not None and not 0 < self.cap < MOST:
            raise InvalidSettings(
                f"A cap must be a positive amount of money, not {self.cap:g}.",
                "Leave it empty to cap nothing.",
            )

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return {**asdict(self), "until": self.until and self.until.isoformat()}

    @classmethod
    def from_dict(cls, content: Any) -> "Rules":
        """The rules in plain values; InvalidSettings when they are none."""
        try:
            return shapes.build(cls, content)
        except shapes.WrongShape as error:
            raise InvalidSettings(
                f"The cleaning rules in the recipe cannot be understood: {error}.",
                "Choose a recipe that was saved here.",
            ) from None


@dataclass(frozen=True, kw_only=True)
class RFMRules:
    """Own cut points and names of the RFM grid; empty ones are as usual (quintiles, eleven names).

    recency_days, orders, revenue: the four upper limits between the five scores, from the lowest
        value to the highest; a value equal to a limit is below it.
    names: (cell, name) of the cells called otherwise; "51" is R 5, F 1.
    """

    recency_days: tuple[float, ...] = ()
    orders: tuple[float, ...] = ()
    revenue: tuple[float, ...] = ()
    names: tuple[tuple[str, str], ...] = ()

    def __post_init__(self) -> None:
        for what, cuts in (
            ("days since the last order", self.recency_days),
            ("orders", self.orders),
            ("net revenue", self.revenue),
        ):
            rising = all(a < b for a, b in pairwise(cuts))
            if cuts and not (len(cuts) == 4 and rising and all(map(math.isfinite, cuts))):
                raise InvalidSettings(
                    f"The cut points of {what} are not four rising numbers.",
                    "Give four, each higher than the one before: 30, 60, 90, 180.",
                )
        for cell, name in self.names:
            if cell not in CELLS:
                raise InvalidSettings(
                    f"'{cell}' is no cell of the RFM grid.",
                    "Write R and F as two digits from 1 to 5: 51 is R 5, F 1.",
                )
            if not name.strip() or len(name) > LONGEST_NAME or ";" in name:
                raise InvalidSettings(
                    f"'{name}' cannot name a segment.",
                    f"Use 1 to {LONGEST_NAME} characters, without a semicolon.",
                )


USUAL: Final = RFMRules()


@dataclass(frozen=True, kw_only=True)
class Settings:
    """How value is computed.

    margin: gross margin, a share of revenue from 0 to 1; None is measured from the cost column
        where the file has one, else ASSUMED_MARGIN, and the report says which.
    horizon_months: how many calendar months ahead the predicted CLV looks.
    annual_discount: yearly rate at which future money is discounted.
    churn_method: how the formula CLV measures churn (definitions in `clv.formula`).
    model: name of the purchase model (`clv.models.ladder.MODELS`), or "Automatic" for the one
        that foretold the shop's own past best.
    analysis_date: the day the figures speak of; None is the last order day in the data.
    coverage: share of outcomes that an interval is meant to hold.
    inactive_months, long_gone_months: limits of the customer status.
    new_days: a customer whose first order is at most this old is new.
    tiers: number of value tiers.
    rfm: own cut points and names of the RFM grid.
    """

    margin: float | None = None
    horizon_months: int = 12
    annual_discount: float = 0.10
    churn_method: ChurnMethod = "period_over_period"
    model: ModelName = AUTOMATIC
    analysis_date: date | None = None
    coverage: float = 0.8
    inactive_months: int = 3
    long_gone_months: int = 6
    new_days: int = 30
    tiers: int = 4
    rfm: RFMRules = USUAL

    def __post_init__(self) -> None:
        _one_of("churn method", self.churn_method, get_args(ChurnMethod))
        _one_of("model", self.model, get_args(ModelName))
        if self.margin is not None:
            _between("Margin", self.margin, 0, 1, "Give it as a share: 0.4 is 40 %.")
        _between("Annual discount", self.annual_discount, 0, 1, "Give it as a share: 0.1 is 10 %.")
        _between("Coverage", self.coverage, 0.5, 0.95, "Common choices are 0.8 and 0.95.")
        _between(
            "Horizon",
            self.horizon_months,
            1,
            MAX_HORIZON_MONTHS,
            "Give a whole number of months; beyond a few years no order file can tell.",
        )
        if self.horizon_months != int(self.horizon_months):
            raise InvalidSettings("Horizon must be a whole number of months.", "For example 12.")
        if self.analysis_date and not FIRST_YEAR <= self.analysis_date.year <= LAST_YEAR:
            raise InvalidSettings(
                f"The analysis date must lie between {FIRST_YEAR} and {LAST_YEAR}, not "
                f"{self.analysis_date}.",
                "The day of the last order is the usual choice.",
            )
        _between("Number of tiers", self.tiers, 3, 10, "Four tiers, A to D, is the default.")
        if not 0 < self.inactive_months < self.long_gone_months:
            raise InvalidSettings(
                "A customer must be inactive before being long gone.",
                "Choose fewer months for churned than for long gone.",
            )


def _one_of(name: str, value: str, allowed: tuple[str, ...]) -> None:
    if value not in allowed:
        raise InvalidSettings(f"Unknown {name} '{value}'.", f"Choose one of {', '.join(allowed)}.")


def _between(name: str, value: float, low: float, high: float, hint: str) -> None:
    if not low <= value <= high:  # also catches NaN
        raise InvalidSettings(f"{name} must lie between {low:g} and {high:g}, not {value:g}.", hint)
