"""CLV step by step over the shop database, under the names of the usual notebooks.

    model = clv.CLTVModel("shop.db", clv.Settings(margin=0.4))
    model.load().check()
    model.summary()
    model.metrics()
    model.fit()
    model.predict(months=12)
    model.segments()

Every step is a call of the library, whose words and units hold; `docs/walkthrough.md` runs them.
"""

from collections.abc import Callable
from dataclasses import astuple, fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Final
from urllib.parse import quote

import pandas as pd

from clv import schema
from clv.analysis import Analysis, analyse
from clv.errors import NotEnoughData
from clv.insights.concentration import concentration_curve, share_of_best
from clv.insights.distributions import alive_grid, alive_title, value_distribution
from clv.insights.suitability import purchases_per_frequency, purchases_title
from clv.intake.shop import Shop
from clv.intake.wording import percent
from clv.settings import AUTOMATIC, ModelName, Settings

if TYPE_CHECKING:
    from clv.charts.marks import AnyChart

SUMMARY: Final = (
    schema.CUSTOMER_ID,
    schema.FREQUENCY,
    schema.RECENCY,
    schema.T,
    schema.MONETARY,
    schema.ORDERS,
    schema.REVENUE,
    schema.FIRST_ORDER,
    schema.LAST_ORDER,
)


class CLTVModel:
    """The shop database loaded, checked, summarised, fitted and valued, a step at a time.

    database: path of an SQLite file, or an address (sqlite:///..., postgresql://...); None for
    the one of this installation. A step that others build on is taken when it is needed; orders
    are read once, until `load` is called again. Raises what the library raises, in two strings.
    """

    def __init__(
        self, database: str | Path | None = None, settings: Settings | None = None
    ) -> None:
        text = None if database is None else str(database)
        self._url = text if text is None or "://" in text else f"sqlite:///{quote(text)}"
        self._settings = settings or Settings()
        self._shop: Shop | None = None
        self._result: Analysis | None = None

    def load(self) -> "CLTVModel":
        """Read the orders as they are now, and clean them. Returns the model, for the next step."""
        # The database comes with packages that nobody else who imports clv should wait for.
        from clv.store.shop.database import open_shop
        from clv.store.shop.source import orders, recipe

        raw = orders(open_shop(self._url))
        self._shop, self._result = recipe(raw).clean(raw), None
        return self

    def check(self) -> pd.DataFrame:
        """What became of the rows: columns check, rows. Read is used plus left out."""
        ledger = self.shop.ledger
        found = {"read": ledger.read, "used": ledger.used, "left out": ledger.rejected}
        found |= {f"left out: {reason}": rows for reason, rows in ledger.reasons.items()}
        found |= {str(changed.change): changed.rows for changed in ledger.changes}
        return pd.DataFrame(found.items(), columns=["check", "rows"])

    def summary(self) -> pd.DataFrame:
        """What the models see, one row per customer: frequency (repeat purchase days), recency
        and T (days), monetary (mean per repeat purchase day); orders, revenue, first and last."""
        return self.result.customers()[list(SUMMARY)]

    def average_order_value(self) -> float:
        """Net revenue per order in the period of the formula."""
        return _known(self.result.formula.aov, self.result.formula.problem)

    def purchase_frequency(self) -> float:
        """Orders per customer and year."""
        return _known(self.result.formula.frequency, self.result.formula.problem)

    def repeat_rate(self) -> float:
        """Share of customers with more than one order, 0 to 1."""
        once = dict(self.result.prepared.terms.churns)["one_minus_repeat_rate"]
        return 1.0 - _known(once.rate, once.sentence)

    def churn_rate(self) -> float:
        """Share of customers lost per year, as the settings measure it (churn_method)."""
        return _known(self.result.formula.churn, self.result.formula.problem)

    def profit_margin(self) -> float:
        """Share of revenue left after the goods: given, from the costs, or assumed."""
        return self.result.margin

    def customer_value(self) -> float:
        """Net revenue per customer and year: order value x orders."""
        return self.average_order_value() * self.purchase_frequency()

    def cltv(self) -> float:
        """The formula CLV of the average customer: value x margin / churn."""
        return _known(self.result.formula.clv, self.result.formula.problem)

    def metrics(self) -> pd.Series:
        """The seven figures of the formula by name; NaN where one cannot be told."""
        steps = (
            self.average_order_value,
            self.purchase_frequency,
            self.repeat_rate,
            self.churn_rate,
            self.profit_margin,
            self.customer_value,
            self.cltv,
        )
        return pd.Series({step.__name__: _or_nan(step) for step in steps}, dtype=float)

    def fit(self, model: ModelName = AUTOMATIC) -> pd.DataFrame:
        """Fit a purchase model (the one that the shop's own past speaks for, or a named one) and
        the spend model. Returns model, parameter, value, standard_error; times in days."""
        self._settings = replace(self._settings, model=model)
        self._result = None
        found = self.result.model
        if found.purchases is None or found.spend is None:
            raise found.problem or NotEnoughData("No model could be fitted.", "Use the formula.")
        rows = [
            (fit.model.name, field.name, value, error)
            for fit in (found.purchases, found.spend)
            for field, value, error in zip(
                fields(fit.model), astuple(fit.model), fit.standard_errors, strict=True
            )
        ]
        return pd.DataFrame(rows, columns=["model", "parameter", "value", "standard_error"])

    def predict(self, months: int | None = None) -> pd.DataFrame:
        """One row per customer with P(alive), expected orders, predicted CLV and its interval over
        the next months (default: those of the settings), best first."""
        if months is not None and months != self._settings.horizon_months:
            self._settings, self._result = replace(self._settings, horizon_months=months), None
        found = self.result.customers()
        return found.sort_values(schema.PREDICTED_CLV, ascending=False, kind="stable")

    def segments(self, by: str = schema.SEGMENT) -> pd.DataFrame:
        """What each RFM segment, tier, status or attribute is worth."""
        return self.result.segments(by)

    def plot_purchases(self) -> "AnyChart":
        """Customers with 0, 1, 2 ... repeat purchases: those counted beside those expected."""
        from clv.charts import purchases

        found = self.result
        if found.model.purchases is None:
            raise found.model.problem or NotEnoughData("There is no model.", "Use the formula.")
        frame = purchases_per_frequency(found.model.purchases.model, found.frame)
        return purchases.purchases_per_frequency(frame, title=purchases_title(frame))

    def plot_p_alive(self) -> "AnyChart":
        """P(alive) by repeat purchases and days since the last one."""
        from clv.charts.customers import alive_heatmap

        grid = alive_grid(self.result.frame)
        return alive_heatmap(grid, title=alive_title(grid))

    def plot_values(self) -> "AnyChart":
        """Customers by predicted CLV."""
        from clv.charts import customers

        values, months = self.result.frame[schema.PREDICTED_CLV], self._settings.horizon_months
        title = (
            f"Half of the customers are worth less than {values.median():,.2f} in {months} months"
        )
        return customers.value_distribution(value_distribution(values), title=title)

    def plot_concentration(self) -> "AnyChart":
        """Share of the predicted CLV that the best customers hold."""
        from clv.charts.value import concentration

        values = self.result.frame[schema.PREDICTED_CLV]
        title = (
            f"The best 20 % of the customers hold {percent(share_of_best(values))} of predicted CLV"
        )
        return concentration(concentration_curve(values), title=title)

    @property
    def shop(self) -> Shop:
        """The clean orders, loaded when they are needed."""
        if self._shop is None:
            self.load()
        assert self._shop is not None
        return self._shop

    @property
    def result(self) -> Analysis:
        """The whole analysis, for everything that has no step here."""
        if self._result is None:
            self._result = analyse(self.shop, self._settings)
        return self._result


def _known(value: float | None, why: str) -> float:
    if value is None:
        raise NotEnoughData(why or "The figure cannot be told.", "Load a longer history.")
    return value


def _or_nan(step: Callable[[], float]) -> float:
    try:
        return step()
    except NotEnoughData:
        return float("nan")
