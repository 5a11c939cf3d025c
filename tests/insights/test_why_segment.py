"""Why a customer is where they are: every sentence holds for every customer."""

import re
from datetime import date

import numpy as np
import pandas as pd
import pytest

from clv.insights.segments import RFMCuts
from clv.insights.why_segment import why_risk, why_segment, why_tier
from clv.settings import Settings
from tests.insights.small_shops import analysed, rows_of_a_shop


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory):
    return analysed(tmp_path_factory.mktemp("why"), rows_of_a_shop(120, seed=9))


def test_the_limits_named_hold_the_customer_and_give_the_score_of_the_code(shop) -> None:
    settings, day = shop.settings, pd.Timestamp(shop.analysis_date)
    for _, row in shop.frame.iterrows():
        r, f, name, status = why_segment(row, shop.rfm_cuts, shop.analysis_date, settings)
        figures = ((day - row["last_order"]).days, row["orders"])
        for sentence, figure, score in zip((r, f), figures, str(row["rfm"])[:2], strict=True):
            assert sentence.startswith(f"{sentence[0]} {score} of 5: ")
            low, high = limits(sentence.split("; ")[1])
            assert low <= figure <= high
        assert name.endswith(f"are called {row['segment']}.")
        assert status.startswith(f"Status {row['status']}: ")


def limits(text: str) -> tuple[float, float]:
    numbers = [float(n.replace(",", "")) for n in re.findall(r"[0-9][0-9,]*", text)]
    if text.startswith("more than"):
        return numbers[0] + 1, np.inf
    if text.startswith("up to"):
        return 0, numbers[0]
    return (numbers[0], numbers[1]) if " to " in text else (numbers[0], numbers[0])


def test_the_tier_names_the_rank_and_what_it_holds(shop) -> None:
    best = shop.frame.loc[shop.frame["predicted_clv"].idxmax()]
    said = why_tier(best, shop.frame, shop.settings, True)
    assert said.startswith("Tier A of A to D: by predicted CLV number 1 of 120 customers")
    rest = shop.frame.loc[shop.frame["tier"] == "A", "predicted_clv"]
    assert f"from {rest.min():,.2f} to {rest.max():,.2f}." in said


def test_value_and_risk_says_both_sides(shop) -> None:
    for _, row in shop.frame.iterrows():
        said = why_risk(row, shop.frame)
        better = row["predicted_clv"] >= shop.frame["predicted_clv"].median()
        assert ("at least the median" in said) == better
        assert ("below 50 %" in said) == (row["p_alive"] < 0.5)


@pytest.mark.parametrize(
    ("orders", "score", "words"),
    [
        (1, 1, "up to 1 gives F 1"),
        (2, 3, "2 gives F 3"),
        (4, 4, "3 to 5 give F 4"),
        (6, 5, "more than 5 gives F 5"),
    ],
)
def test_scores_that_equal_values_skip_are_not_named(orders: int, score: int, words: str) -> None:
    cuts = RFMCuts((5.0, 30.0, 90.0, 300.0), (1.0, 1.0, 2.0, 5.0), (1.0, 2.0, 3.0, 4.0))
    row = pd.Series(
        {"last_order": pd.Timestamp("2024-06-01"), "orders": orders, "rfm": f"4{score}3",
         "segment": "Loyal", "status": "Active"}
    )  # fmt: skip
    r, f, *_ = why_segment(row, cuts, date(2024, 6, 11), Settings())
    assert f.endswith(f"; {words}.")
    assert r.endswith("; 6 to 30 days give R 4.")
