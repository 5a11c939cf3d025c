"""The pages Health and Cohorts, through the app."""

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

import clv
from clv.insights.calendar import month_number
from tests.insights.hand_made import HEADER, rows
from tests.ui.test_customer_files import flo_like, words
from tests.ui.test_pages import metric, open_page


@pytest.fixture(scope="module")
def synthetic() -> clv.Analysis:
    raw = clv.demo("Synthetic shop")
    return clv.analyse(clv.clean(raw, clv.suggest_mapping(raw)), clv.Settings(margin=0.4))


def charts(app: AppTest) -> int:
    return len(app.get("vega_lite_chart"))


def choose(app: AppTest, key: str, value: str) -> AppTest:
    box = next(b for b in app.get("button_group") if b.key == key)
    box.set_value([value] if isinstance(box.value, list) else value)
    return app.run()


def look(app: AppTest, tab: str) -> AppTest:
    app.session_state["health"] = tab
    return app.run()


def whole(number: str) -> float:
    return float(number.replace(",", ""))


def test_health_shows_the_figures_of_full_months(synthetic) -> None:
    app = open_page("health", "Synthetic shop")
    assert "23 full months, too few for 12" in words(app)
    transactions = synthetic.shop.transactions.execute()
    inside = transactions["ordered_at"].between("2024-02-01", "2024-12-31 23:59:59")
    revenue = float(transactions.loc[inside, "amount"].astype(float).sum())
    assert whole(metric(app, "Net revenue")) == pytest.approx(revenue, abs=1)
    assert whole(metric(app, "Churned")) == (synthetic.frame["status"] == "Churned").sum()
    shown = whole(metric(app, "Total value"))
    assert next(m.delta for m in app.metric if m.label == "Total value") == "12 months ahead"
    assert shown == pytest.approx(synthetic.frame["total_value"].sum(), abs=1)
    assert charts(app) == 0
    assert charts(look(app, "Over time")) == 1
    assert charts(look(app, "Channels and countries")) == 2
    assert charts(look(app, "Time between orders")) == 2


def test_health_takes_another_period_unit_and_measure(synthetic) -> None:
    app = open_page("health", "Synthetic shop")
    orders = whole(metric(app, "Orders"))
    choose(app, "period", "3 months")
    assert whole(metric(app, "Orders")) < orders
    assert "The last 3 full months, 1 Oct 2024 to 31 Dec 2024" in words(app)
    choose(look(app, "Over time"), "per", "Week")
    choose(app, "trend", "Ticket")
    assert "52 weeks earlier" in words(app)
    choose(look(app, "Time between orders"), "after", "The second")
    assert not app.exception


def test_health_filters_by_customers_and_says_so(synthetic) -> None:
    app = open_page("health", "Synthetic shop")
    app.multiselect(key="filter").set_value(["Segment: Champions"]).run()
    assert "The filters keep" in app.caption[0].value
    assert "is no surprise" in words(app)
    champions = synthetic.frame["segment"] == "Champions"
    revenue = synthetic.frame.loc[champions, "revenue"].sum()
    assert whole(metric(app, "Revenue so far")) == pytest.approx(revenue, abs=1)
    app.multiselect(key="filter").set_value(["Ordered: 2024-03"]).run()
    assert "also those on other days" in words(app)
    app.multiselect(key="filter").set_value(["Segment: Champions", "Status: Long gone"]).run()
    assert "No customer passes" in words(app)
    assert not app.exception


def test_the_win_back_day_is_told_apart_from_the_estimate() -> None:
    app = look(open_page("health", "Synthetic shop"), "Time between orders")
    day = metric(app, "Win back from day")
    assert f"repeat orders that came, came by day {day}" in words(app)
    assert "Kaplan-Meier" in words(app)


def test_customers_without_a_second_order_have_no_time_between_orders(tmp_path: Path) -> None:
    path = tmp_path / "once.csv"
    lines = [f"c{i},{i},2024-{1 + i % 6:02d}-15,{10 + i}.00" for i in range(40)]
    path.write_text("customer,order,date,amount\n" + "\n".join(lines) + "\n")
    app = look(open_page("health", "My file", path), "Time between orders")
    assert "no time between orders to measure" in words(app)
    assert "nothing is predicted" not in words(app)
    app = open_page("cohorts", "My file", path)
    assert not app.exception
    assert not app.error


def test_a_file_of_a_few_days_has_no_period_before(tmp_path: Path) -> None:
    path = tmp_path / "days.csv"
    lines = [f"c{i % 9},{i},2024-03-{5 + i % 17:02d},{10 + i}.00" for i in range(60)]
    path.write_text("customer,order,date,amount\n" + "\n".join(lines) + "\n")
    app = open_page("health", "My file", path)
    assert "no full calendar month" in words(app)
    assert {each.delta for each in app.metric if each.delta} == {"12 months ahead"}
    app = open_page("cohorts", "My file", path)
    assert "no calendar month from end to end" in words(app)
    assert "no two cohorts" in words(app)
    assert not app.error


def test_months_covered_in_part_are_named(tmp_path: Path) -> None:
    path = tmp_path / "shop.csv"
    path.write_text("\n".join([HEADER, *rows(1)]) + "\n")
    app = look(open_page("health", "My file", path), "Over time")
    assert "Hollow: 2023-01 and 2024-05" in words(app)
    app = open_page("cohorts", "My file", path)
    assert "Cells of January 2023 and May 2024 are left out or forecast" in words(app)


def test_cohorts_ignore_their_own_filter_and_follow_the_others(synthetic) -> None:
    app = open_page("cohorts", "Synthetic shop")
    table = app.dataframe[0].value
    app.multiselect(key="filter").set_value(["Cohort: 2023-05"]).run()
    assert app.dataframe[0].value.equals(table)
    size = (synthetic.frame["first_order"].dt.strftime("%Y-%m") == "2023-05").sum()
    assert f"The filters keep {size:,} of" in app.caption[0].value
    app.multiselect(key="filter").set_value(["Country: France"]).run()
    assert not app.dataframe[0].value.equals(table)
    app.multiselect(key="filter").set_value(["Segment: Champions"]).run()
    assert "nothing that new customers will do" in words(app)


@pytest.mark.parametrize("cells", ["Customers", "Orders", "Revenue", "Margin per customer"])
def test_cohorts_show_every_measure_by_age_and_by_calendar(cells: str, synthetic) -> None:
    app = open_page("cohorts", "Synthetic shop")
    choose(app, "cells", cells)
    by_age = app.dataframe[0].value
    choose(app, "against", "Calendar month")
    by_month = app.dataframe[0].value
    assert not app.exception
    assert by_age.columns[0] == "0"
    assert by_month.columns[0] == "2023-02"  # the file begins on 2 January
    begins = month_number(synthetic.analysis_date)
    ahead = [name for name in by_month.columns if int(name[:4]) * 12 + int(name[5:]) - 1 >= begins]
    assert len(ahead) == (0 if cells == "Customers" else 12)


def test_cohorts_that_differ_by_chance_are_not_named() -> None:
    app = open_page("cohorts", "Synthetic shop")
    assert words(app).count("cannot be told apart") == 2
    assert charts(app) == 2


def test_costs_typed_in_give_cost_per_customer_and_payback(synthetic) -> None:
    app = open_page("cohorts", "Synthetic shop")
    key = synthetic.shop.key
    app.session_state["acquisition_costs"] = {key: {"month": {"2023-05": 1410.0, "1999-01": 5.0}}}
    app.run()
    assert not app.exception
    paid = next(d.value for d in app.dataframe if "earned" in d.value)
    (row,) = paid.to_dict("records")
    assert (row["name"], row["customers"], row["each"]) == ("2023-05", 141, 10.0)
    assert row["earned"] == "month 0, observed"
    assert row["verdict"] == "yes"
    assert "No customer was won in or by 1999\\-01" in words(app)
    choose(app, "cost_by", "Channel")
    assert not app.exception
    channels = next(d.value for d in app.dataframe if "observed" in d.value)
    assert set(channels["name"]) == set(synthetic.frame["channel"])
    assert channels["customers"].sum() == len(synthetic.frame)


def test_one_row_per_customer_shows_what_it_can_and_says_what_is_missing(tmp_path: Path) -> None:
    path = flo_like(tmp_path / "customers.csv")
    app = open_page("health", "My file", path)
    assert not app.error
    assert "need single orders" in words(app)
    assert metric(app, "Active customers")
    app = open_page("cohorts", "My file", path)
    assert not app.error
    assert "one row per customer" in words(app)
    table = app.dataframe[0].value
    assert table["customers"].sum() == 300
    app.multiselect(key="filter").set_value(["Cohort: 2021-02"]).run()
    assert app.dataframe[0].value["customers"].sum() == 300
    assert not app.exception
