"""A shared analysis without persons: the same figures, other names, nothing that tells who."""

from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest

import clv
from clv import schema
from clv.insights.questions import formula_terms
from clv.intake.contacts import tells_of_people
from clv.intake.demo import SYNTHETIC
from clv.store import LOCAL, Store
from clv.store.keys import Pseudonyms
from clv.store.masks import Mask
from clv.store.saved import reopen, save

FIGURES = [name for name in schema.CUSTOMER_COLUMNS if name != schema.CUSTOMER_ID]


def masked(store: Store, analysis: clv.Analysis) -> clv.Analysis:
    return reopen(store, save(store, LOCAL, analysis, name="x"), mask=Mask.of(store))


@pytest.fixture
def example() -> clv.Analysis:
    raw = clv.demo(SYNTHETIC)
    return clv.analyse(clv.clean(raw, clv.suggest_shape(raw), clv.Rules()))


def test_every_customer_keeps_every_figure_under_another_name(
    store: Store, example: clv.Analysis
) -> None:
    shared = masked(store, example)
    mine, theirs = example.customers(), shared.customers()
    names = mine[schema.CUSTOMER_ID].map(Pseudonyms(store))
    theirs = theirs.set_index(schema.CUSTOMER_ID).loc[names]
    for column in FIGURES:
        one, two = mine[column].to_numpy(), theirs[column].to_numpy()
        if pd.api.types.is_numeric_dtype(mine[column]):
            np.testing.assert_allclose(two, one, rtol=1e-12, err_msg=column)
        else:
            assert (one == two).all() or (pd.isna(one) == pd.isna(two)).all(), column
    assert shared.totals.predicted_clv.low == pytest.approx(example.totals.predicted_clv.low)
    assert shared.formula == example.formula
    assert shared.scorecard.verdict == example.scorecard.verdict
    for one, two in zip(shared.scorecard.scores, example.scorecard.scores, strict=True):
        assert (one.name, one.mae) == (two.name, pytest.approx(two.mae, nan_ok=True))
        assert one.gini == pytest.approx(two.gini, nan_ok=True)


def test_questions_about_order_lines_are_answered_as_before(
    store: Store, example: clv.Analysis
) -> None:
    shared = masked(store, example)
    best = [(a.frame[schema.TIER] == "A").to_numpy() for a in (example, shared)]
    first, day = example.shop.first, example.analysis_date
    found = [
        analysis.lines.ask(formula_terms, mask, (), first, day, 3)
        for analysis, mask in zip((example, shared), best, strict=True)
    ]
    assert found[0] == found[1]


def test_no_id_and_no_contact_is_in_anything_that_is_shown(
    store: Store, tmp_path: Path, small: clv.Analysis
) -> None:
    assert "E-mail" in small.frame.columns
    shared = masked(store, small)
    assert "E-mail" not in shared.frame.columns
    assert "Team" in shared.frame.columns
    assert shared.shop.attributes == (("Team", dict(small.shop.attributes)["Team"]),)
    ledger = shared.shop.ledger
    files = (shared.shop.transactions_path, ledger.rejected_path, ledger.changes_path)
    cells = [
        str(v) for path in files for row in pq.read_table(path).to_pylist() for v in row.values()
    ]
    cells += [str(v) for v in shared.customers().to_numpy().ravel()]
    assert len(cells) > 1000
    assert not [cell for cell in cells if "shop.example" in cell or cell[:2] in ("C0", "c0")]


def test_a_place_in_a_list_tells_nothing_about_the_id(store: Store, example: clv.Analysis) -> None:
    shared = masked(store, example)
    names = shared.frame[schema.CUSTOMER_ID]
    assert names.is_monotonic_increasing
    assert (names != example.frame[schema.CUSTOMER_ID].map(Pseudonyms(store))).mean() > 0.9
    numbers = pq.read_table(shared.shop.transactions_path)[schema.ROW_NUMBER].to_pylist()
    assert numbers == list(range(1, len(numbers) + 1))


def test_rejected_rows_say_why_and_not_what(store: Store, tmp_path: Path) -> None:
    path = tmp_path / "orders.csv"
    lines = [f"K{n},2024-0{n % 9 + 1}-03,{n}" for n in range(30)]
    path.write_text("\n".join(["customer,date,amount", *lines, "K1,yesterday at noon,5"]) + "\n")
    raw = clv.read(path)
    analysis = clv.analyse(clv.clean(raw, clv.suggest_mapping(raw), clv.Rules()))
    shared = masked(store, analysis).shop.ledger.rejected_rows()
    assert analysis.shop.ledger.rejected_rows()["value"].tolist() == ["yesterday at noon"]
    assert shared["value"].tolist() == ["(hidden)"]
    assert shared["reason"].tolist() == analysis.shop.ledger.rejected_rows()["reason"].tolist()


@pytest.mark.parametrize(
    ("column", "personal"),
    [
        ("E-mail", True),
        ("customer name", True),
        ("Vorname", True),
        ("Phone", True),
        ("Street 1", True),
        ("Postcode", True),
        ("Region", False),
        ("Product name", False),
        ("Campaign", False),
    ],
)
def test_names_of_personal_columns_are_known(column: str, personal: bool) -> None:
    assert tells_of_people(column) == personal
