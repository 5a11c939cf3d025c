"""Two well-known course notebooks reproduced by their own recipe, and our answer beside them.

The recipes stand here and not in the product: they count all orders where the model wants repeat
orders. docs/tutorials.md says what differs and why; its figures are checked here.
"""

import re
import warnings
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd
import pytest

import clv

DOCUMENT = (Path(__file__).resolve().parents[1] / "docs" / "tutorials.md").read_text()
FIRST_FIVE = (
    "cc294636-19f0-11eb-8d74-000d3a38a36f",
    "f431bd5a-ab7b-11e9-a2fc-000d3a38a36f",
    "69b69676-1a40-11ea-941b-000d3a38a36f",
    "1854e56c-491f-11eb-806e-000d3a38a36f",
    "d6ea1074-f1f5-11e9-9346-000d3a38a36f",
)


class Fitted(NamedTuple):
    """What lifetimes makes of the recipe."""

    purchases: Any
    spend: Any
    customers: pd.DataFrame
    clv: pd.Series

    def expected(self, weeks: int) -> pd.Series:
        given = (self.customers[name] for name in ("frequency", "recency", "T"))
        return self.purchases.conditional_expected_number_of_purchases_up_to_time(weeks, *given)

    @property
    def segments(self) -> pd.Series:
        return pd.qcut(self.clv, 4, labels=list("DCBA"))


def fit(customers: pd.DataFrame, months: int) -> Fitted:
    """Penalizers .001 and .01, time in weeks, 1 % a month."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from lifetimes import BetaGeoFitter, GammaGammaFitter

        x, t_x, T, m = (customers[name] for name in ("frequency", "recency", "T", "monetary"))
        purchases = BetaGeoFitter(penalizer_coef=0.001).fit(x, t_x, T)
        spend = GammaGammaFitter(penalizer_coef=0.01).fit(x, m)
        value = spend.customer_lifetime_value(
            purchases, x, t_x, T, m, time=months, freq="W", discount_rate=0.01
        )
    return Fitted(purchases, spend, customers, value)


def limits(values: pd.Series) -> tuple[float, float]:
    low, high = values.quantile(0.01), values.quantile(0.99)
    return low - 1.5 * (high - low), high + 1.5 * (high - low)


def weeks(days: pd.Series) -> pd.Series:
    return days.dt.days / 7


def rounded_caps(values: pd.Series) -> pd.Series:
    low, high = limits(values)
    return values.mask(values < low, round(low)).mask(values > high, round(high))


@pytest.fixture(scope="module")
def flo(request):
    from tests.conftest import real_file

    path = real_file("flo/flo_data_20k.csv.gz")
    file = pd.read_csv(path, parse_dates=["first_order_date", "last_order_date"])
    orders, value = (
        sum(rounded_caps(file[f"{name}_{channel}"]) for channel in ("online", "offline"))
        for name in ("order_num_total_ever", "customer_value_total_ever")
    )
    customers = pd.DataFrame(
        {
            "frequency": orders,  # all of them, not the repeat orders
            "recency": weeks(file["last_order_date"] - file["first_order_date"]),
            "T": weeks(pd.Timestamp(2021, 6, 1) - file["first_order_date"]),
            "monetary": value / orders,
        }
    ).set_index(file["master_id"])
    return path, fit(customers, 6)


@pytest.fixture(scope="module")
def retail():
    from tests.conftest import real_file

    path = real_file("online_retail/online_retail.csv.gz")
    lines = pd.read_csv(path, dtype={"InvoiceNo": str, "CustomerID": str}).dropna()
    lines = lines[~lines["InvoiceNo"].str.contains("C")]
    lines = lines[(lines["Quantity"] > 0) & (lines["UnitPrice"] > 0)]
    assert (len(lines), lines["CustomerID"].nunique()) == (397_884, 4_338)
    capped = {n: lines[n].clip(upper=limits(lines[n])[1]) for n in ("Quantity", "UnitPrice")}
    lines = lines.assign(
        total=capped["Quantity"] * capped["UnitPrice"], day=pd.to_datetime(lines["InvoiceDate"])
    )
    each = lines.groupby(lines["CustomerID"].str.removesuffix(".0")).agg(
        first=("day", "min"),
        last=("day", "max"),
        frequency=("InvoiceNo", "nunique"),  # all of them, not the repeat orders
        total=("total", "sum"),
    )
    each = each[each["frequency"] > 1]
    each["recency"] = weeks(each["last"] - each["first"])
    each["T"] = weeks(pd.Timestamp(2011, 12, 11) - each["first"])
    each["monetary"] = each["total"] / each["frequency"]
    return path, fit(each, 3)


def test_the_parameters_of_the_shoe_shop_come_out_to_the_printed_digits(flo):
    _, found = flo
    assert found.purchases.params_.round(6).to_dict() == {
        "r": 3.663384, "alpha": 76.172359, "a": 0.0, "b": 0.0,
    }  # fmt: skip
    assert found.spend.params_.round(2).to_dict() == {"p": 4.15, "q": 0.47, "v": 4.08}


def test_the_first_five_customers_of_the_shoe_shop_come_out_to_the_printed_digits(flo):
    _, found = flo
    five = list(FIRST_FIVE)
    assert found.expected(12)[five].round(2).tolist() == [0.97, 0.98, 0.67, 0.70, 0.40]
    assert found.expected(24)[five].round(2).tolist() == [1.95, 1.97, 1.34, 1.40, 0.79]
    value = found.spend.conditional_expected_average_profit(
        found.customers["frequency"], found.customers["monetary"]
    )
    assert value[five].round(2).tolist() == [193.63, 96.67, 120.97, 67.32, 114.33]
    assert found.clv[five].round(2).tolist() == [395.73, 199.43, 170.22, 98.95, 95.01]
    assert found.segments[five].tolist() == list("ABBDD")


def test_the_segments_of_the_shoe_shop_come_out_to_the_printed_digits(flo):
    _, found = flo
    sums = found.clv.groupby(found.segments, observed=True).agg(["count", "sum"])
    assert sums["count"].to_dict() == {"D": 4987, "C": 4986, "B": 4986, "A": 4986}
    assert sums["sum"].round(2).to_dict() == pytest.approx(
        {"D": 400_657.96, "C": 689_621.18, "B": 994_870.78, "A": 1_806_505.09}, abs=0.011
    )
    assert round(found.clv.max(), 2) == 3327.78


def test_the_retailer_comes_out_to_the_printed_digits(retail):
    _, found = retail
    assert len(found.customers) == 2845
    assert found.purchases.params_.round(5).to_dict() == {
        "a": 0.11858, "alpha": 11.40788, "b": 2.49083, "r": 2.18232,
    }  # fmt: skip
    assert found.expected(4).sum() == pytest.approx(1776.8934732, abs=1e-4)
    assert found.expected(12).sum() == pytest.approx(5271.1124338, abs=1e-4)
    printed = {"12347": 1128.4477, "12348": 538.8089, "14646": 55741.0845, "18102": 47412.5801}
    assert found.clv[list(printed)].to_dict() == pytest.approx(printed, rel=1e-7)
    sums = found.clv.groupby(found.segments, observed=True).agg(["count", "sum"])
    assert sums["count"].to_dict() == {"D": 712, "C": 711, "B": 711, "A": 711}
    assert sums["sum"]["A"] == pytest.approx(1_580_097.93, rel=1e-7)  # where the search ends


def stated(label: str) -> list[str]:
    """The cells of the row of docs/tutorials.md that starts with a label."""
    (row,) = re.findall(rf"^\| {re.escape(label)} \|(.*)\|$", DOCUMENT, re.MULTILINE)
    return [cell.strip() for cell in row.split("|")]


def test_our_answer_for_the_shoe_shop_is_the_one_in_the_document(flo):
    path, theirs = flo
    raw = clv.read(path)
    shop = clv.clean(raw, clv.suggest_shape(raw))
    ours = clv.analyse(shop, clv.Settings(margin=1.0, horizon_months=6))
    half = clv.analyse(shop, clv.Settings(margin=0.4, horizon_months=6))
    orders, value = ours.frame["expected_orders"].sum(), ours.totals.predicted_clv.value
    assert stated("FLO: orders expected, 6 months") == [
        f"{theirs.expected(24).sum():,.0f}", f"{orders:,.0f}",
    ]  # fmt: skip
    assert stated("FLO: money expected, 6 months") == [
        f"{theirs.clv.sum():,.0f}", f"{value:,.0f}",
    ]  # fmt: skip
    assert stated("FLO: the same with a margin of 40 %") == [
        "–", f"{half.totals.predicted_clv.value:,.0f}",
    ]  # fmt: skip
    assert ours.model.purchases.verdict.code == "boundary"
    assert "nobody ever leaves" in ours.model.purchases.verdict.sentence
    assert any("missing from the file" in caution for caution in ours.cautions)
    repeat = ours.frame.set_index("customer_id")["frequency"]
    assert (repeat < theirs.customers["frequency"].reindex(repeat.index)).mean() > 0.99


def test_our_answer_for_the_retailer_is_the_one_in_the_document(retail):
    path, theirs = retail
    raw = clv.read(path)
    ours = clv.analyse(
        clv.clean(raw, clv.suggest_mapping(raw)), clv.Settings(margin=1.0, horizon_months=3)
    )
    assert stated("Online Retail: customers valued") == [
        f"{len(theirs.clv):,}", f"{len(ours.frame):,}",
    ]  # fmt: skip
    assert stated("Online Retail: money expected, 3 months") == [
        f"{theirs.clv.sum():,.0f}", f"{ours.totals.predicted_clv.value:,.0f}",
    ]  # fmt: skip
    assert ours.verdict.startswith("Do not rely on totals")


def test_the_score_of_the_tutorials_has_its_two_leaders_and_a_long_tail(real):
    raw = clv.read(real("online_retail/online_retail.csv.gz"))
    found = clv.analyse(clv.clean(raw, clv.suggest_mapping(raw)))
    score = found.tutorial_score().set_axis(found.frame["customer_id"])
    assert len(score) == 4_338
    assert score.nlargest(2).round().to_dict() == {"14646": 100, "18102": 86}
    assert (score.min(), score.max()) == (1.0, 100.0)
    assert (score < 2).mean() > 0.99
    assert score.rank().corr(found.frame.set_index("customer_id")["revenue"].rank()) > 0.99
