import warnings
from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import clv
from clv.analysis import Prepared, prepare
from clv.errors import NotEnoughData
from clv.insights.second_opinion import PENALIZERS, Estimate, SecondOpinion, second_opinion
from clv.models import BGNBD, Fit, Verdict, fit_bg_nbd, fit_mbg_nbd, fit_pareto_nbd

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    import lifetimes


@pytest.fixture(scope="module")
def cdnow() -> Prepared:
    raw = clv.read(Path(lifetimes.__file__).parent / "datasets" / "CDNOW_sample.txt")
    rules = clv.Rules(until=date(1997, 9, 30))
    settings = clv.Settings(analysis_date=date(1997, 9, 30), model="BG/NBD")
    return prepare(clv.clean(raw, clv.suggest_mapping(raw), rules), settings)


def fitted(customers: pd.DataFrame) -> Fit[BGNBD]:
    columns = (customers[name].to_numpy(float, na_value=np.nan) for name in customers)
    return fit_bg_nbd(*columns)


def people(*rows: tuple[float, float, float]) -> pd.DataFrame:
    return pd.DataFrame(list(rows), columns=["frequency", "recency", "T"], dtype=float)


def shop(number: int = 300) -> pd.DataFrame:
    """Customers who came back at random, in whole days."""
    rng = np.random.default_rng(0)
    T = rng.integers(1, 700, number)
    x = rng.poisson(1.5, number)
    t_x = np.where(x > 0, np.floor(T * rng.random(number) ** 0.5), 0)
    return people(*zip(x, t_x, T, strict=True))


ONCE = people(*[(0, 0, 700)] * 280, *[(1, 1, 700)] * 20)


class Broken:
    """Stands in for lifetimes on a bad day."""

    def __init__(self, penalizer_coef: float) -> None:
        self.penalizer_coef = penalizer_coef

    def fit(self, *data: object) -> "Broken":
        raise np.linalg.LinAlgError("Singular matrix\nand more")


class Odd(Broken):
    """One that answers only with the third penalizer, and knows nothing of one-time buyers."""

    def fit(self, *data: object) -> "Odd":
        warnings.warn("lifetimes is old", FutureWarning, stacklevel=2)
        if self.penalizer_coef == 0:
            raise ValueError("this went wrong first")
        r = 0.24 if self.penalizer_coef == 0.01 else np.inf
        self.params_ = {"r": r, "alpha": 4.4, "a": 0.79, "b": 2.4}
        return self

    def conditional_expected_number_of_purchases_up_to_time(self, t, x, t_x, T):
        return np.where(x > 0, 1.5, np.nan)


def test_both_programs_agree_on_the_published_cdnow_customers(cdnow):
    found = second_opinion(cdnow.customers, cdnow.model.purchases, 273.0)
    assert (found.customers, found.sampled, found.without_figure) == (2357, 2357, 0)
    for estimate in (found.ours, found.theirs):
        parameters = [estimate.model.r, estimate.model.alpha, estimate.model.a, estimate.model.b]
        assert parameters == pytest.approx([0.2426, 4.4136, 0.7929, 2.4259], abs=1e-4)
        assert estimate.log_likelihood == pytest.approx(-9582.4292, abs=1e-3)
        assert estimate.seconds > 0
    assert found.converged
    assert found.difference == pytest.approx(0, abs=1e-6)
    assert found.in_use == pytest.approx(found.ours.expected_orders)
    assert found.sentence == (
        "An independent program, lifetimes, with its own BG/NBD fitted to all 2,357 customers, "
        "expects the same number of orders as this product over the next 273 days."
    )


def test_a_sample_is_drawn_at_random_and_the_same_every_time(cdnow):
    frame, fit = cdnow.customers, cdnow.model.purchases
    first = second_opinion(frame, fit, 365.0, most=500)
    assert second_opinion(frame, fit, 365.0, most=500) == first
    other = second_opinion(frame, fit, 365.0, most=500, seed=1)
    assert other.ours.model != first.ours.model
    assert (first.customers, first.sampled) == (2357, 500)
    assert "fitted to 500 of your 2,357 customers, drawn at random," in first.sentence
    # Not the first 500 rows, which may all come from one time or place.
    head = second_opinion(frame.head(500), fit, 365.0)
    assert head.ours.model != first.ours.model


def test_the_fit_behind_the_pages_is_applied_to_the_same_customers(cdnow):
    frame, fit = cdnow.customers, cdnow.model.purchases
    generous = replace(fit, model=replace(fit.model, r=2 * fit.model.r))
    found, more = (second_opinion(frame, f, 365.0, most=500) for f in (fit, generous))
    assert more.ours == found.ours
    assert more.in_use > 1.1 * found.in_use


def test_a_real_shop_where_nobody_leaves_gives_agreement_that_proves_nothing(real):
    raw = clv.read(real("superstore/Sample - Superstore.xls"))
    summary = prepare(clv.clean(raw, clv.suggest_mapping(raw))).customers
    customers = summary[["frequency", "recency", "T"]]
    found = second_opinion(customers, fitted(customers), 365.0)
    assert found.verdict.code == "boundary"
    assert found.sampled == 793
    if found.converged:  # which it does by a hair, so not on every machine
        assert found.difference == pytest.approx(0, abs=1e-3)
        assert "these orders do not settle the model, so that both agree" in found.sentence
    else:
        assert "needed help" in found.sentence or "no second opinion" in found.sentence


def test_a_search_that_fails_is_tried_again_with_help_and_the_sentence_says_so(monkeypatch):
    # Which shops lifetimes cannot fit unaided differs between machines: make it fail here.
    unaided = lifetimes.BetaGeoFitter.fit

    def stubborn(self, *data, **options):
        if self.penalizer_coef == 0:
            raise ValueError("The model did not converge. Try adding a larger penalizer.")
        return unaided(self, *data, **options)

    monkeypatch.setattr(lifetimes.BetaGeoFitter, "fit", stubborn)
    customers = shop()
    found = second_opinion(customers, fitted(customers), 365.0)
    assert found.penalizer in PENALIZERS[1:]
    assert not found.converged
    assert found.problem.startswith("The model did not converge")
    assert "needed help to come to an answer" in found.sentence
    assert found.theirs.log_likelihood < found.ours.log_likelihood


def test_the_smallest_penalizer_that_gives_an_answer_is_taken(monkeypatch):
    monkeypatch.setattr(lifetimes, "BetaGeoFitter", Odd)
    customers = shop()
    found = second_opinion(customers, fitted(customers), 365.0)
    assert found.penalizer == 0.01
    assert found.problem == "this went wrong first"


def test_customers_without_a_figure_are_counted_and_left_out_of_both_totals(monkeypatch):
    monkeypatch.setattr(lifetimes, "BetaGeoFitter", Odd)
    customers = shop()
    found = second_opinion(customers, fitted(customers), 365.0)
    repeat = customers[customers["frequency"] > 0]
    assert found.without_figure == len(customers) - len(repeat)
    assert found.theirs.expected_orders == pytest.approx(1.5 * len(repeat))
    weeks = repeat.assign(recency=repeat["recency"] / 7, T=repeat["T"] / 7)
    ours = found.ours.model.expected_purchases(
        weeks["frequency"], weeks["recency"], weeks["T"], 365 / 7
    )
    assert found.ours.expected_orders == pytest.approx(ours.sum())
    assert f"not counting {found.without_figure} for whom it gave no figure" in found.sentence


@pytest.mark.parametrize("program", [Broken, None])
def test_without_an_answer_there_is_no_second_opinion_and_ours_stands(monkeypatch, program):
    monkeypatch.setattr(lifetimes, "BetaGeoFitter", program)
    customers = shop()
    found = second_opinion(customers, fitted(customers), 365.0)
    assert found.theirs is None
    assert found.difference is None
    assert found.ours.expected_orders > 0
    assert "\n" not in found.problem
    assert "found no answer for all 300 customers, so there is no second" in found.sentence


def test_nothing_is_printed_or_warned_about(capsys):
    second_opinion(ONCE, fitted(ONCE), 365.0)  # warnings are errors in these tests
    assert capsys.readouterr() == ("", "")


def test_rows_that_no_customer_can_be_like_are_left_out():
    customers = shop().astype({"frequency": "Float64"})
    customers.loc[0, "frequency"] = pd.NA
    customers.loc[1, "recency"] = 9999
    customers.loc[2, "T"] = np.inf
    customers.loc[3, "frequency"] = -1
    found = second_opinion(customers, fitted(customers), 365.0)
    assert found.customers == 296


def test_a_last_purchase_of_those_who_never_came_back_means_nothing(cdnow):
    frame, fit = cdnow.customers, cdnow.model.purchases
    stray = frame["recency"].mask(frame["frequency"] == 0, 3)
    assert second_opinion(frame.assign(recency=stray), fit, 365.0) == second_opinion(
        frame, fit, 365.0
    )


@pytest.mark.parametrize(
    "customers",
    [
        people((0, 0, 100)),
        people((0, 0, 0), (0, 0, 0)),
        people((0, 50, 100), (0, 0, 100)),
        people(*[(0, 0, T) for T in range(200)]),
        people(*[(1, 0, 0)] * 50),
        people(*[(365, 365, 365)] * 50),
        ONCE,
    ],
)
@pytest.mark.parametrize("days", [0.0, 1.0, 1826.0])
def test_odd_customers_are_no_reason_to_fail(customers, days):
    sentence = second_opinion(customers, fitted(customers), days).sentence
    assert sentence.count(". ") == 0
    assert "nan" not in sentence


def test_without_customers_there_is_nothing_to_ask():
    with pytest.raises(NotEnoughData):
        second_opinion(people(), fitted(shop()), 365.0)


def opinion(**changes) -> SecondOpinion:
    estimate = Estimate(BGNBD(0.2, 4.0, 0.8, 2.4), -100.0, 1000.0, 0.1)
    usual = SecondOpinion(
        name="BG/NBD",
        customers=90,
        sampled=90,
        horizon_days=365.0,
        ours=estimate,
        theirs=estimate,
        verdict=Verdict("converged", ""),
        in_use=1000.0,
        penalizer=0.0,
        without_figure=0,
        problem="",
    )
    theirs = {k: changes.pop(k) for k in ("log_likelihood", "expected_orders") if k in changes}
    return replace(usual, theirs=replace(estimate, **theirs), **changes)


BOUNDARY = Verdict("boundary", "")


@pytest.mark.parametrize(
    ("found", "words"),
    [
        (opinion(expected_orders=990.0), "expects 1.0\xa0% fewer orders than this product over"),
        (opinion(expected_orders=1012.0), "expects 1.2\xa0% more orders than this product over"),
        (opinion(expected_orders=1000.1), "the same number of orders as this product over"),
        (opinion(log_likelihood=-103.0), "its answer fits the orders so far less well"),
        (opinion(log_likelihood=-97.0), "fits the orders so far better, so doubt ours"),
        (opinion(log_likelihood=-100.1), "over the next 365 days."),
        (opinion(verdict=BOUNDARY), "so that both agree is no proof"),
        (opinion(verdict=BOUNDARY, expected_orders=900.0), "so neither figure is the better one"),
        (opinion(without_figure=90), "gives no figure to compare"),
        (opinion(verdict=Verdict("too_little_data", "")), "Too few customers came back"),
    ],
)
def test_the_sentence_says_what_to_make_of_it(found, words):
    assert words in found.sentence
    assert found.sentence.endswith(".")
    assert found.sentence.count(". ") == 0


@pytest.mark.parametrize(
    ("name", "fit", "likelihood"),
    [("MBG/NBD", fit_mbg_nbd, -9582.1357), ("Pareto/NBD", fit_pareto_nbd, -9594.976)],
)
def test_the_model_in_use_is_the_one_that_is_asked_about(cdnow, name, fit, likelihood):
    frame = cdnow.customers
    columns = (frame[column].to_numpy(float) for column in ("frequency", "recency", "T"))
    found = second_opinion(frame, fit(*columns), 273.0)
    assert found.name == name
    assert name in found.sentence
    for estimate in (found.ours, found.theirs):
        assert estimate.log_likelihood == pytest.approx(likelihood, abs=2e-3)
    assert found.difference == pytest.approx(0, abs=1e-3)


def test_the_same_customers_get_the_same_second_opinion(monkeypatch):
    def chance(*args: object, **kwargs: object) -> None:
        raise AssertionError("lifetimes began at random")

    frame = shop()
    fit = fit_pareto_nbd(*(frame[name].to_numpy(float) for name in frame))
    first = second_opinion(frame, fit, 90.0)
    monkeypatch.setattr(np.random, "normal", chance)
    assert first.theirs is not None
    assert second_opinion(frame, fit, 90.0).theirs == first.theirs
