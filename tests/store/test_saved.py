"""What is saved comes back figure for figure, to its owner only, and goes for good."""

from pathlib import Path

import pytest

import clv
from clv import engine
from clv.errors import Damaged, InvalidSettings, NotFound, StoreProblem
from clv.insights.questions import formula_terms
from clv.intake.demo import DEMOS
from clv.store import LOCAL, Store
from clv.store.audit import entries
from clv.store.files import sweep
from clv.store.saved import (
    delete,
    delete_older,
    duplicate,
    files_of,
    get,
    listed,
    recipe_of,
    rename,
    reopen,
    save,
)
from tests.store.same import assert_same

A_SECOND_LONG_AGO = -1 / 3600


def stored(store: Store) -> set[str]:
    return {path.name for path in store.files.iterdir()}


@pytest.mark.parametrize("name", DEMOS)
def test_a_saved_example_opens_figure_for_figure(store: Store, name: str) -> None:
    raw = clv.demo(name)
    shop = clv.clean(raw, clv.suggest_shape(raw), clv.Rules())
    before = clv.analyse(shop, clv.Settings(horizon_months=48, coverage=0.9, margin=0.35))
    saved = save(store, LOCAL, before, name="Mine")
    after = reopen(store, get(store, LOCAL, saved.id))
    assert_same(before, after)


@pytest.mark.parametrize(
    "settings",
    [
        clv.Settings(),
        clv.Settings(model="NBD", inactive_months=2),
        clv.Settings(model="Same rate as before", tiers=7, churn_method="model"),
    ],
)
def test_every_model_and_setting_comes_back(
    store: Store, tmp_path: Path, settings: clv.Settings
) -> None:
    from tests.store.small_shop import small_analysis

    before = small_analysis(tmp_path, settings=settings)
    after = reopen(store, save(store, LOCAL, before, name="Mine"))
    assert_same(before, after)
    assert after.lines.ask(formula_terms, None, (), after.shop.first, after.analysis_date, 3) == (
        before.lines.ask(formula_terms, None, (), before.shop.first, before.analysis_date, 3)
    )


def test_a_file_with_one_row_per_customer_comes_back(store: Store, tmp_path: Path) -> None:
    path = tmp_path / "customers.csv"
    rows = [
        f"K{n},2023-{n % 12 + 1:02d}-05,2024-{n % 11 + 1:02d}-0{n % 9 + 1},{n % 4 + 1},{n % 3},"
        f"{100 + 3 * n}.5,{20 * (n % 3)},\"['A', 'B']\""
        for n in range(80)
    ]
    header = (
        "master_id,first_order_date,last_order_date,order_num_total_ever_online,"
        "order_num_total_ever_offline,customer_value_total_ever_online,"
        "customer_value_total_ever_offline,interested_in_categories_12"
    )
    path.write_text("\n".join([header, *rows]) + "\n")
    raw = clv.read(path)
    shop = clv.clean(raw, clv.suggest_shape(raw), clv.Rules())
    assert shop.by_customer
    before = clv.analyse(shop, clv.Settings(margin=0.5))
    after = reopen(store, save(store, LOCAL, before, name="Mine"))
    assert_same(before, after)
    assert after.shop.channels == before.shop.channels != ()


def test_a_shop_too_small_for_a_model_comes_back_with_the_reason(
    store: Store, tmp_path: Path
) -> None:
    path = tmp_path / "two.csv"
    path.write_text("customer,date,amount\nA,2024-01-01,10\nB,2024-01-01,12.5\n")
    raw = clv.read(path)
    before = clv.analyse(clv.clean(raw, clv.suggest_mapping(raw), clv.Rules()))
    assert before.model.problem
    after = reopen(store, save(store, LOCAL, before, name="Mine"))
    assert_same(before, after)
    assert type(after.model.problem) is type(before.model.problem)
    assert str(after.model.problem) == str(before.model.problem)


def test_nothing_is_fitted_when_opened(
    store: Store, small: clv.Analysis, monkeypatch: pytest.MonkeyPatch
) -> None:
    saved = save(store, LOCAL, small, name="Mine")

    def forbidden(*_: object, **__: object) -> None:
        raise AssertionError("fitted again")

    for place in ("fit_purchases", "fit_spend", "try_models", "customer_summary"):
        monkeypatch.setattr(f"clv.analysis.preparation.{place}", forbidden)
    assert_same(small, reopen(store, saved))


def test_it_opens_after_everything_in_the_workspace_is_gone(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from tests.store.small_shop import small_analysis

    monkeypatch.setenv("CLV_DATA_DIR", str(tmp_path / "first"))
    saved = save(store, LOCAL, small_analysis(tmp_path), name="Mine")
    monkeypatch.setenv("CLV_DATA_DIR", str(tmp_path / "second"))
    assert reopen(store, saved).shop.transactions.count().execute() > 100
    assert engine.workspace() == tmp_path / "second"


def test_the_list_has_the_latest_first_and_only_ones_own(store: Store, small: clv.Analysis) -> None:
    first = save(store, "ann", small, name="  First ", view="?tiers=5")
    second = save(store, "ann", small, name="Second")
    save(store, "bob", small, name="His")
    assert [one.id for one in listed(store, "ann")] == [second.id, first.id]
    got = get(store, "ann", first.id)
    assert got == first
    assert (got.name, got.view, got.rows) == ("First", "tiers=5", small.shop.ledger.read)
    assert got.revenue == small.totals.revenue
    assert got.predicted_clv == small.totals.predicted_clv.value


@pytest.mark.parametrize("act", [get, lambda s, o, i: rename(s, o, i, "x"), delete])
def test_another_users_analysis_is_not_found_like_one_that_never_was(
    store: Store, small: clv.Analysis, act
) -> None:
    saved = save(store, "ann", small, name="Hers")
    answers = set()
    for id in (saved.id, "0" * 24, "../../etc/passwd", "' OR '1'='1"):
        with pytest.raises(NotFound) as refused:
            act(store, "bob", id)
        answers.add(str(refused.value))
    assert len(answers) == 1
    assert get(store, "ann", saved.id).name == "Hers"


def test_a_name_is_text_and_never_a_path(store: Store, small: clv.Analysis) -> None:
    saved = save(store, LOCAL, small, name="../../<b>'; DROP TABLE saved; --")
    assert rename(store, LOCAL, saved.id, "New").name == get(store, LOCAL, saved.id).name == "New"
    assert all(len(name.partition(".")[0]) == 64 for name in stored(store))
    for bad in ("", "   ", "x" * 121):
        with pytest.raises(InvalidSettings):
            rename(store, LOCAL, saved.id, bad)
    with pytest.raises(InvalidSettings):
        save(store, LOCAL, small, name="x", view="a=1\nSet-Cookie: b")


def test_a_recipe_is_kept_with_it(store: Store, small: clv.Analysis, tmp_path: Path) -> None:
    raw = clv.read(write(tmp_path, "customer,date,amount\nA,2024-01-01,10\n"))
    recipe = clv.Recipe.of(raw, clv.suggest_mapping(raw), clv.Rules(cap=5), clv.Corrections())
    assert recipe_of(store, save(store, LOCAL, small, name="With", recipe=recipe)) == recipe
    assert recipe_of(store, save(store, LOCAL, small, name="Without")) is None


def test_a_duplicate_has_its_own_settings(store: Store, small: clv.Analysis) -> None:
    saved = save(store, LOCAL, small, name="One", view="tiers=5")
    other = clv.Settings(margin=0.6, horizon_months=24)
    copy = duplicate(store, LOCAL, saved.id, other, name="Two")
    assert_same(clv.analyse(small.shop, other), reopen(store, copy))
    again = duplicate(store, LOCAL, saved.id, clv.Settings(model="NBD"), name="Three")
    assert reopen(store, again).model.purchases.model.name == "NBD"
    assert [one.name for one in listed(store, LOCAL)] == ["Three", "Two", "One"]


def test_equal_files_are_kept_once_and_go_with_the_last_that_needs_them(
    store: Store, small: clv.Analysis
) -> None:
    first = save(store, LOCAL, small, name="One")
    once = stored(store)
    second = save(store, LOCAL, small, name="Two")
    assert stored(store) == once
    delete(store, LOCAL, first.id)
    assert stored(store) == once
    assert_same(small, reopen(store, second))
    delete(store, LOCAL, second.id)
    assert stored(store) == set()
    with pytest.raises(NotFound):
        reopen(store, second)


def test_a_flipped_byte_in_any_file_is_refused(store: Store, small: clv.Analysis) -> None:
    saved = save(store, LOCAL, small, name="Mine")
    for one in files_of(store, saved.id).values():
        path = store.files / one.name
        whole = path.read_bytes()
        for place in (0, len(whole) // 2, len(whole) - 1):
            path.write_bytes(whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :])
            with pytest.raises(Damaged):
                reopen(store, saved)
        path.unlink()
        with pytest.raises(Damaged):
            reopen(store, saved)
        path.write_bytes(whole)
    assert_same(small, reopen(store, saved))


def test_saving_again_heals_a_damaged_file(store: Store, small: clv.Analysis) -> None:
    saved = save(store, LOCAL, small, name="Mine")
    path = store.files / files_of(store, saved.id)["rows"].name
    path.write_bytes(b"no rows")
    save(store, LOCAL, small, name="Again")
    assert_same(small, reopen(store, saved))


def test_the_sweep_takes_what_no_row_names_and_only_when_it_is_old(
    store: Store, small: clv.Analysis
) -> None:
    save(store, LOCAL, small, name="Mine")
    kept = stored(store)
    (store.files / f"{'0' * 64}.parquet").write_bytes(b"left over")
    (store.files / ".abc.partial").write_bytes(b"half")
    assert sweep(store) == 0
    assert sweep(store, older_than_hours=A_SECOND_LONG_AGO) == 2
    assert stored(store) == kept


def test_a_full_disk_is_said_and_nothing_is_left(
    store: Store, small: clv.Analysis, monkeypatch: pytest.MonkeyPatch
) -> None:
    import errno
    import os

    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(clv.CLVError, match="disk is full"):
        save(store, LOCAL, small, name="Mine")
    monkeypatch.undo()
    assert stored(store) == set()
    assert listed(store, LOCAL) == ()


def test_the_folder_is_for_its_owner_alone(store: Store, small: clv.Analysis) -> None:
    save(store, LOCAL, small, name="Mine")
    assert store.folder.stat().st_mode & 0o077 == 0
    for path in (*store.files.iterdir(), store.folder / "store.db"):
        assert path.stat().st_mode & 0o077 == 0, path


def test_what_is_saved_and_deleted_is_noted_without_names(
    store: Store, small: clv.Analysis
) -> None:
    saved = save(store, LOCAL, small, name="Of Mrs Smith")
    delete(store, LOCAL, saved.id)
    found = entries(store, LOCAL)
    assert [e.action for e in found] == ["deleted", "saved"]
    assert {e.subject for e in found} == {f"saved analysis {saved.id}"}
    assert "Smith" not in str(found)


def test_what_is_older_than_is_kept_goes_with_its_files(
    store: Store, small: clv.Analysis, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as past:
        past.setattr("clv.store.saved.time.time", lambda: 0.0)
        save(store, "ann", small, name="of 1970")
    assert delete_older(store, 30) == 1
    assert listed(store, "ann") == ()
    assert not list(store.files.iterdir())
    kept = save(store, LOCAL, small, name="of today")
    assert delete_older(store, 30) == 0
    assert listed(store, LOCAL) == (kept,)


def test_a_store_of_a_newer_version_is_refused(store: Store) -> None:
    from clv.store.migrations import STEPS, migrate

    migrate(store.engine)
    migrate(store.engine, (*STEPS, ("from the future", ("CREATE TABLE new (a TEXT)",))))
    with pytest.raises(StoreProblem, match="newer version"):
        migrate(store.engine)


def write(folder: Path, text: str) -> Path:
    path = folder / "orders.csv"
    path.write_text(text)
    return path
