import pytest

import clv
from clv.analysis import prepare


@pytest.fixture(scope="module")
def result() -> clv.Analysis:
    raw = clv.demo("Synthetic shop")
    return clv.analyse(clv.clean(raw, clv.suggest_mapping(raw)))


def test_the_latest_view_is_the_answer_itself(result):
    views = result.earlier_views()
    assert views[0].day == result.analysis_date
    assert views[0].customers == result.totals.customers
    assert views[0].total.value == pytest.approx(result.totals.predicted_clv.value)
    assert views[0].total.low == pytest.approx(result.totals.predicted_clv.low)


def test_an_earlier_view_knows_nothing_of_what_came_after_it(result):
    earlier = result.earlier_views()[2]
    raw = clv.demo("Synthetic shop")
    rules = clv.Rules(until=earlier.day)
    settings = clv.Settings(analysis_date=earlier.day, model=result.model.purchases.model.name)
    past = clv.clean(raw, clv.suggest_mapping(raw), rules)
    summary = prepare(past, settings).customers
    assert earlier.customers == len(summary)
    assert [view.day.month for view in result.earlier_views()] == [1, 12, 11, 10]
