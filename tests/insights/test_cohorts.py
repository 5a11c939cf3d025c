"""Cohorts against loops over the rows of a file, and their forecast against the valuation."""

from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clv.analysis import Analysis
from clv.insights.cohort_views import grid, growth, top, usual_retention
from clv.insights.cohorts import (
    FORECAST,
    OBSERVED,
    cohort_cells,
    cohorts_of,
    continue_matrix,
    first_values,
    look_ahead,
    matrix,
    table_of_customers,
    with_forecast,
)
from tests.insights.hand_made import FIRST, LAST, Row, analysis, days_of, lines_of, month, months


def cohort(customer: str) -> str:
    return month(days_of(lines_of())[customer][0])


def observed(found: Analysis, column: str = "") -> pd.DataFrame:
    return matrix(found.lines.ask(cohort_cells, None, (), column), FIRST, LAST, found.margin)


def forecast(found: Analysis, cells: pd.DataFrame) -> pd.DataFrame:
    keys = cohorts_of(cells)
    codes = pd.Index(keys["cohort"]).get_indexer(found.frame["first_order"].dt.strftime("%Y-%m"))
    ahead = look_ahead(found.valuation, codes, len(keys))
    return continue_matrix(cells, ahead, found.analysis_date, found.margin)


@pytest.mark.parametrize("refunds", ["net", "own_date"])
def test_every_cell_has_what_its_lines_sum_up_to(tmp_path: Path, refunds: str) -> None:
    cells = observed(analysis(tmp_path, refunds=refunds))
    lines = lines_of(refunds=refunds)
    start = {customer: month(days[0]) for customer, days in days_of(lines).items()}
    for row in cells.to_dict("records"):
        mine = [x for x in lines if start[x.customer] == row["cohort"]]
        here = [x for x in mine if month(x.day) == row["month"]]
        bought = [x for x in here if not x.refund]
        size = len({x.customer for x in mine})
        so_far = sum(x.amount for x in mine if month(x.day) <= row["month"])
        assert row["size"] == size
        assert row["customers"] == len({x.customer for x in bought})
        assert row["orders"] == len({x.order for x in bought})
        assert row["revenue"] == pytest.approx(sum(x.amount for x in here))
        assert row["retention"] == pytest.approx(row["customers"] / size)
        assert row["value"] == pytest.approx(0.5 * so_far / size)
        assert row["small"] == (size < 30)
    pairs = [(c, m) for c in sorted(set(start.values())) for m in months(c, "2024-05")]
    assert list(zip(cells["cohort"], cells["month"], strict=True)) == pairs


def test_months_covered_in_part_are_marked_and_never_shown_as_a_fall(tmp_path: Path) -> None:
    cells = observed(analysis(tmp_path))
    assert set(cells.loc[~cells["complete"], "month"]) == {"2023-01", "2024-05"}
    assert (cells.loc[cells["complete"], "month"] != "2024-05").all()
    shown = grid(with_forecast(cells, cells.head(0)), "retention", "Age in months")
    assert not {"2023-01", "2024-05"} & set(shown["month"])
    # The oldest cohort is 16 months old in May 2024, which has only begun.
    assert shown.loc[shown["cohort"] == "2023-01", "place"].tolist() == list(range(1, 16))


def test_sums_over_the_matrix_are_the_totals_of_the_customers(tmp_path: Path) -> None:
    for refunds in ("net", "own_date", "ignore"):
        found = analysis(tmp_path, refunds=refunds)
        cells = observed(found)
        assert cells["revenue"].sum() == pytest.approx(found.frame["revenue"].sum())
        assert cells["orders"].sum() == found.frame["orders"].sum()
        assert cohorts_of(cells)["size"].sum() == len(found.frame)
        last = cells.groupby("cohort").last()
        whole = (last["value"] * last["size"]).sum()
        assert whole == pytest.approx(found.frame["historic_value"].sum())


def test_a_month_of_silence_is_a_zero_and_there(tmp_path: Path) -> None:
    cells = observed(analysis(tmp_path))
    silent = cells[(cells["orders"] == 0) & cells["complete"]]
    assert len(silent)
    assert (silent["retention"] == 0).all()


def test_cohorts_split_by_the_channel_of_the_first_order(tmp_path: Path) -> None:
    found = analysis(tmp_path)
    cells = observed(found, "channel")
    first: dict[str, Row] = {}
    for line in lines_of():
        if not line.refund and (line.customer not in first or line.day < first[line.customer].day):
            first[line.customer] = line
    # Two orders on the first day: the one with the smaller number, as text, is the first.
    for customer, line in first.items():
        same = [x for x in lines_of() if x.customer == customer and x.day == line.day]
        first[customer] = min((x for x in same if not x.refund), key=lambda x: x.order)
    values = found.lines.ask(first_values, None, (), "channel").set_index("customer")["group"]
    names = found.frame["customer_id"]
    assert {names[place]: group for place, group in values.items()} == {
        customer: line.channel for customer, line in first.items()
    }
    web = {customer for customer, line in first.items() if line.channel == "Web"}
    mine = sum(line.amount for line in lines_of() if line.customer in web)
    assert cells.loc[cells["group"] == "Web", "revenue"].sum() == pytest.approx(mine)
    assert cells["revenue"].sum() == pytest.approx(found.frame["revenue"].sum())


def test_the_forecast_of_all_cohorts_is_the_valuation_undiscounted(tmp_path: Path) -> None:
    found = analysis(tmp_path)
    cells = observed(found)
    keys = cohorts_of(cells)
    codes = pd.Index(keys["cohort"]).get_indexer(found.frame["first_order"].dt.strftime("%Y-%m"))
    ahead = look_ahead(found.valuation, codes, len(keys))
    for number, name in enumerate(keys["cohort"]):
        members = (found.frame["first_order"].dt.strftime("%Y-%m") == name).to_numpy()
        money = found.valuation.undiscounted[members].sum()
        assert 0.5 * ahead.revenue[number, -1] == pytest.approx(money)
        orders = found.valuation.expected_orders[members].sum()
        assert ahead.orders[number, -1] == pytest.approx(orders)
    nobody = look_ahead(found.valuation, np.full(len(found.frame), -1), 2)
    assert not nobody.revenue.any()


def test_the_month_that_has_begun_holds_what_it_brought_and_what_is_to_come(tmp_path) -> None:
    found = analysis(tmp_path)
    cells, to_come = observed(found), forecast(found, observed(found))
    # From 20 May 2024 on, 12 months ahead, the last full one is April 2025.
    assert to_come["month"].unique().tolist() == list(months("2024-05", "2025-04"))
    begun = cells[cells["month"] == "2024-05"].set_index("cohort")["revenue"]
    first = to_come[to_come["month"] == "2024-05"].set_index("cohort")
    assert (first["revenue"] >= begun).all()
    assert (first["revenue"] > begun).any()
    assert to_come["retention"].isna().all()


def test_forecast_months_follow_the_calendar_and_the_expected_purchases(tmp_path) -> None:
    found = analysis(tmp_path)
    cells, to_come = observed(found), forecast(found, observed(found))
    name = cells["cohort"].iloc[0]
    members = (found.frame["first_order"].dt.strftime("%Y-%m") == name).to_numpy()
    look = found.valuation.outlook

    def orders_until(day: date) -> float:
        """Linear between the ends of the model's months, customer by customer."""
        days = (day - LAST).days
        total = 0.0
        for place in np.flatnonzero(members):
            row = look.by_month[look.pairs.index[place]][:12]
            ends, counts = [0.0, *look.ends[:12]], [0.0, *row]
            total += look.p_alive[place] * float(np.interp(days, ends, counts))
        return total

    shown = to_come[to_come["cohort"] == name].set_index("month")["orders"]
    july = orders_until(date(2024, 7, 31)) - orders_until(date(2024, 6, 30))
    assert shown["2024-07"] == pytest.approx(july)
    here = cells.set_index(["cohort", "month"]).loc[(name, "2024-05"), "orders"]
    assert shown["2024-05"] == pytest.approx(here + orders_until(date(2024, 5, 31)))


def test_margin_goes_on_from_where_the_observed_one_ends(tmp_path: Path) -> None:
    found = analysis(tmp_path)
    cells = observed(found)
    whole = with_forecast(cells, forecast(found, cells))
    assert not whole.duplicated(["cohort", "month"]).any()
    for _, part in whole.groupby("cohort"):
        steps = part["value"].to_numpy() - part["revenue"].to_numpy() * 0.5 / part["size"].iloc[0]
        assert steps[1:] == pytest.approx(part["value"].to_numpy()[:-1])
    assert set(whole.loc[whole["month"] >= "2024-05", "kind"]) == {FORECAST}
    assert set(whole.loc[whole["month"] < "2024-05", "kind"]) == {OBSERVED}


def test_without_a_forecast_the_month_that_has_begun_is_left_out(tmp_path: Path) -> None:
    cells = observed(analysis(tmp_path))
    whole = with_forecast(cells, cells.head(0))
    assert whole["month"].max() == "2024-04"
    assert whole["month"].min() == "2023-01"


def test_lines_of_growth_meet_where_the_forecast_begins(tmp_path: Path) -> None:
    found = analysis(tmp_path)
    cells = observed(found)
    lines = growth(with_forecast(cells, forecast(found, cells)))
    for _, part in lines[lines["cohort"] < "2024-05"].groupby("cohort"):
        seen = part[part["kind"] == OBSERVED]
        ahead = part[part["kind"] == FORECAST]
        if len(seen):
            assert ahead["age"].iloc[0] == seen["age"].iloc[-1]
            assert ahead["figure"].iloc[0] == seen["figure"].iloc[-1]


def test_the_scale_of_colours_ends_at_the_highest_month_after_the_first(tmp_path: Path) -> None:
    cells = observed(analysis(tmp_path))
    shown = grid(cells, "customers", "Calendar month")
    assert top(shown) == cells.loc[cells["complete"] & (cells["age"] > 0), "customers"].max()
    assert top(shown.head(0)) == 1.0


def test_usual_retention_weighs_cohorts_by_their_customers(tmp_path: Path) -> None:
    cells = observed(analysis(tmp_path))
    came = size = 0
    for customer, days in days_of(lines_of()).items():
        begin = pd.Period(cohort(customer), "M")
        if str(begin + 2) <= "2024-04":
            size += 1
            came += any(month(day) == str(begin + 2) for day in days)
    assert usual_retention(cells, 2) == pytest.approx(came / size)


def test_a_filter_on_customers_keeps_their_cells_only(tmp_path: Path) -> None:
    found = analysis(tmp_path)
    kept = np.arange(len(found.frame)) % 3 == 0
    cells = matrix(found.lines.ask(cohort_cells, kept, (), ""), FIRST, LAST, 0.5)
    assert cells["revenue"].sum() == pytest.approx(found.frame["revenue"][kept].sum())
    nobody = found.lines.ask(cohort_cells, np.zeros(len(kept), dtype=bool), (), "")
    assert matrix(nobody, FIRST, LAST, 0.5).empty


orders = st.lists(
    st.tuples(st.integers(0, 5), st.integers(0, 150), st.integers(-20, 100)),
    min_size=1,
    max_size=40,
)


@given(orders)
def test_the_matrix_loses_no_money_and_no_order(rows: list[tuple[int, int, int]]) -> None:
    """Cells of customers, days and amounts, put together in plain Python."""
    begin = date(2024, 1, 15)
    day = {row: begin + timedelta(days=row[1]) for row in rows}
    start = {c: min(day[row] for row in rows if row[0] == c) for c, _, _ in rows}
    cells: dict[tuple[int, int], list[tuple[int, int, int]]] = {}
    for row in rows:
        first, here = start[row[0]], day[row]
        key = first.year * 12 + first.month - 1, here.year * 12 + here.month - 1
        cells.setdefault(key, []).append(row)
    frame = pd.DataFrame(
        [
            ("", c, m, len({r[0] for r in r_}), len(r_), float(sum(r[2] for r in r_)))
            for (c, m), r_ in sorted(cells.items())
        ],
        columns=["group", "cohort", "month", "customers", "orders", "revenue"],
    )
    found = matrix(frame, begin, max(day.values()), 1.0)
    assert found["revenue"].sum() == pytest.approx(sum(row[2] for row in rows))
    assert found["orders"].sum() == len(rows)
    assert cohorts_of(found)["size"].sum() == len(start)
    ends = found.groupby("cohort").last()
    assert (ends["value"] * ends["size"]).sum() == pytest.approx(sum(row[2] for row in rows))
    for row in found.itertuples():
        span = pd.Period(row.month, "M")
        covers = span.start_time.date() >= begin and span.end_time.date() <= max(day.values())
        assert row.complete == covers


def test_one_row_per_customer_gives_sums_by_first_month() -> None:
    customers = pd.DataFrame(
        {
            "first_order": pd.to_datetime(["2023-01-05", "2023-01-30", "2023-03-01"]),
            "orders": [1, 4, 2],
            "revenue": [10.0, 50.0, 20.0],
            "historic_value": [4.0, 20.0, 8.0],
            "predicted_clv": [1.0, 2.0, 4.0],
        }
    )
    found = table_of_customers(customers)
    assert found["cohort"].tolist() == ["2023-01", "2023-03"]
    assert found["customers"].tolist() == [2, 1]
    assert found["orders"].tolist() == [5, 2]
    assert found["revenue"].tolist() == [60.0, 20.0]
    assert found["predicted_clv"].tolist() == [3.0, 4.0]
    none = table_of_customers(customers.assign(predicted_clv=np.nan))
    assert none["predicted_clv"].isna().all()
