"""What is said of a test, in the cases in which a careless sentence would be false."""

from dataclasses import replace
from datetime import date

import numpy as np
import pandas as pd
import pytest

from clv.validation.choice import Choice
from clv.validation.reliance import judge
from clv.validation.scorecard import Score, Scorecard
from clv.valuation import Interval


def score(name="BG/NBD", is_model=True, **figures) -> Score:
    usual = {
        "purchases": 1000.0,
        "purchases_error": 0.01,
        "value": 20_000.0,
        "value_error": -0.02,
        "mae": 0.5,
        "log_score": -0.7,
        "gini": 0.7,
        "top_share": 0.6,
    }
    return Score(name=name, is_model=is_model, **(usual | figures))


RULE = score("Same rate as before", False, top_share=0.5, gini=0.6)


def card(own: Score | None = None, rule: Score = RULE, **changes) -> Scorecard:
    own = own or score()
    usual = Scorecard(
        first=date(2022, 1, 1),
        split=date(2023, 1, 1),
        end=date(2023, 7, 1),
        customers=500,
        purchases=990.0,
        value=20_400.0,
        scores=(own, rule),
        choice=Choice(own.name, ""),
        in_use=own.name,
        used=own.name,
        coverage=0.8,
        interval=Interval(20_000.0, 19_000.0, 21_000.0),
        covered=0.82,
        wobble=0.005,
        deciles=pd.DataFrame(),
        tracking=pd.DataFrame(),
    )
    made = replace(usual, **changes)
    return replace(made, reliance=judge(made))


def part(found: Scorecard, what: str):
    return next(each for each in found.reliance if each.what == what)


def test_a_good_test_is_one_sentence_with_its_figures():
    assert card().verdict.replace("\N{NO-BREAK SPACE}", " ") == (
        "Totals were within 2 %; the ranking caught 60 % of the value in its top tenth, 10 points "
        "better than sorting by the same rate as before; single-customer figures are rough."
    )


@pytest.mark.parametrize(
    ("purchases", "value", "words"),
    [
        (0.12, 0.11, "Totals were 12 % too high: use"),
        (-0.12, -0.30, "Do not rely on totals, which were 30 % too low in"),
        (0.52, -0.01, "52 % too high in purchases and 1 % too low in revenue"),
        (-0.12, 0.10, "12 % too low in purchases and 10 % too high in revenue"),
    ],
)
def test_the_side_of_an_error_is_that_of_what_it_speaks_of(purchases, value, words):
    found = card(score(purchases_error=purchases, value_error=value))
    assert words in found.verdict.replace("\N{NO-BREAK SPACE}", " ")


def test_refunds_above_sales_are_not_too_few_purchases():
    found = card(score(value_error=np.nan), value=-10.0)
    assert part(found, "Totals").grade == "unknown"
    assert "Refunds ate up the sales" in part(found, "Totals").short
    few = card(purchases=20.0)
    assert part(few, "Totals").short.startswith("Only 20 purchases")


def test_customers_who_all_brought_the_same_cannot_be_ranked():
    found = part(card(score(gini=np.nan)), "Ranking")
    assert found.grade == "unknown"
    assert "all customers brought the same" in found.short


def test_a_ranking_that_a_rule_beats_by_more_than_chance_is_said():
    better = replace(RULE, top_share=0.66)
    assert "6 points less than sorting by" in card(rule=better).verdict
    assert "about as much as" in card(rule=better, wobble=0.04).verdict


def test_no_better_than_chance_is_said():
    found = part(card(score(gini=0.02), replace(RULE, gini=0.01)), "Ranking")
    assert found.grade == "poor"
    assert "and so is every rule" in found.short


def test_the_rule_in_use_is_not_praised_for_a_range_made_of_its_miss_nor_against_itself():
    own = score("Same rate as before", False)
    found = card(own, replace(RULE, name="Past spend", top_share=0.4), covered=0.3)
    assert "interval" not in part(found, "Totals").sentence
    assert part(found, "Ranking").short.startswith("the rule caught")
    assert part(found, "Single customers").grade == "fair"


def test_a_model_that_could_not_be_tested_is_not_graded_in_silence():
    found = card(score("NBD"), in_use="BG/NBD")
    assert found.verdict.startswith("Tested with NBD, because too little was known then for BG/NBD")


def test_ranges_that_hold_too_little_are_said():
    assert part(card(covered=0.6), "Single customers").grade == "poor"
