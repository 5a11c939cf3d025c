"""What an invented shop is drawn from: numbers that an analysis of it should find again.

Purchases and departures follow BG/NBD, the value of an order, refunds off, Gamma-Gamma. Channel
and country of a customer are drawn given the hidden values: so channels differ in order value
and countries in orders, and the models are still exactly true for all customers together.
"""

import math
from dataclasses import asdict, dataclass
from datetime import date, timedelta
from typing import Any, Final

from clv.errors import InvalidSettings
from clv.schema import DAYS_PER_MONTH

CUSTOMER_TYPES: Final = (("Household", 0.6), ("Professional", 0.25), ("Gift buyer", 0.15))
# Probability of each: at the lowest hidden value, and at the highest; straight in between.
CHANNELS: Final = (("Web", 0.30, 0.80), ("Shop", 0.35, 0.15), ("Marketplace", 0.35, 0.05))
COUNTRIES: Final = (
    ("Germany", 0.25, 0.60),
    ("France", 0.25, 0.20),
    ("Netherlands", 0.25, 0.12),
    ("Spain", 0.25, 0.08),
)
LOYALTY: Final = 0.9  # share of a customer's orders in the own channel
PREFERENCE: Final = 0.6  # share of the lines from the category that a customer's type prefers
PAIRS: Final = 5  # pairs of products that are bought together
PAIR_SHARE: Final = 0.15  # of all orders that hold one of the pairs, where their value allows
FLASH_DISCOUNT: Final = 0.20
FLASH_DAYS: Final = 14  # days after the flash sale from which orders are brought forward
FLASH_SHARE: Final = 0.5  # of those orders
_MOST: Final = 1_000_000


@dataclass(frozen=True, kw_only=True)
class Plan:
    """Size and parameters of an invented shop.

    purchase: r and alpha, departure: a and b of BG/NBD, time in days; spend: p, q and v of
    Gamma-Gamma. refund_share: of orders with a line more that is paid back; seasonality: 0 for
    none to below 1; flash_sale: one day with 20 % off, to which orders are brought forward.
    """

    customers: int = 3000
    products: int = 5000
    months: int = 24
    seed: int = 1
    purchase: tuple[float, float] = (0.8, 40.0)
    departure: tuple[float, float] = (0.7, 3.0)
    spend: tuple[float, float, float] = (6.0, 4.0, 30.0)
    refund_share: float = 0.03
    seasonality: float = 0.0
    flash_sale: bool = True
    last_day: date = date(2025, 12, 31)

    def __post_init__(self) -> None:
        for name, low in (("customers", 1), ("products", 2 * PAIRS), ("months", 1)):
            _between(name, getattr(self, name), low, _MOST if name != "months" else 240)
        for name, size in (("purchase", 2), ("departure", 2), ("spend", 3)):
            numbers = getattr(self, name)
            if len(numbers) != size or not all(math.isfinite(n) and n > 0 for n in numbers):
                raise InvalidSettings(
                    f"The parameters of {name} must be {size} positive numbers.",
                    "For example --purchase 0.8 40 --departure 0.7 3 --spend 6 4 30.",
                )
        if self.purchase[0] / self.purchase[1] > 1:
            raise InvalidSettings(
                "The average customer would order more than once a day.",
                "Give a larger alpha: it is in days.",
            )
        _between("refund_share", self.refund_share, 0, 1)
        _between("seasonality", self.seasonality, 0, 0.95)

    @property
    def days(self) -> int:
        """Days of history."""
        return round(self.months * DAYS_PER_MONTH)

    @property
    def first_day(self) -> date:
        """The first day of the history."""
        return self.last_day - timedelta(days=self.days - 1)

    @property
    def flash_day(self) -> int | None:
        """Number of the day of the flash sale, counted from the first; None without one."""
        return int(0.6 * self.days) if self.flash_sale else None

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return {**asdict(self), "last_day": self.last_day.isoformat()}


def _between(name: str, value: float, low: float, high: float) -> None:
    if not low <= value <= high:
        raise InvalidSettings(
            f"{name} must lie between {low:g} and {high:,g}, not {value:g}.",
            "Choose another number.",
        )
