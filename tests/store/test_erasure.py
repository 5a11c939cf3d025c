"""A customer who is erased is nowhere: every byte and every cell under both folders is searched."""

import gzip
import random
import zipfile
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pandas.testing import assert_frame_equal

import clv
from clv import engine, schema
from clv.errors import InvalidSettings
from clv.intake import inbox
from clv.store import LOCAL, Store, links
from clv.store.audit import entries
from clv.store.erasure import customer_hash, erase
from clv.store.files import sweep
from clv.store.keys import Pseudonyms
from clv.store.masks import Mask
from clv.store.saved import get, listed, recipe_of, reopen, save
from clv.store.traces import Trace, file_says, without_rows
from tests.store.small_shop import HEADER, lines

CANARY = "CANARY-7f3a"
ALIAS = "ALIAS-99-canary"
LINES = [
    f"{CANARY},canary@bird.example,B1,2024-02-03,42.10,T1",
    f"{CANARY},canary@bird.example,B2,2024-06-03,12.50,T1",
    f"{ALIAS},canary@bird.example,B3,2024-07-03,7.77,T1",
    f"C003,c003@shop.example,B4,2024-07-05,8.00,friend of {CANARY}",
    f"{CANARY},canary@bird.example,B5,on {CANARY}'s day,9.00,T1",
]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A workspace of the test's own, to be searched."""
    monkeypatch.setenv("CLV_DATA_DIR", str(tmp_path / "data"))
    return engine.workspace()


def with_canary(tmp_path: Path) -> tuple[clv.Analysis, clv.Recipe]:
    path = tmp_path / "orders.csv"
    path.write_text("\n".join([HEADER, *lines(), *LINES]) + "\n")
    raw = clv.read(path)
    mapping = clv.suggest_mapping(raw)
    rules = clv.Rules(without=("C039",))
    corrections = clv.Corrections(
        cells=(clv.CellFix(column="Team", old=CANARY, new="x"),), merges=((ALIAS, CANARY),)
    )
    recipe = clv.Recipe.of(raw, mapping, rules, corrections)
    shop = clv.clean(raw, mapping, rules, corrections)
    path.unlink()
    return clv.analyse(shop, clv.Settings(margin=0.3)), recipe


def traces(*folders: Path, words: tuple[str, ...] = (CANARY, ALIAS)) -> list[str]:
    """Where the words stand, in bytes of files and in cells of tables."""
    found = []
    for folder in folders:
        for path in folder.rglob("*"):
            if not path.is_file():
                continue
            content = path.read_bytes()
            cells = ""
            if content[:4] == b"PAR1":
                cells = repr(pq.read_table(path).to_pydict())
            for word in words:
                told = [word.encode(e) for e in ("utf-8", "utf-16-le", "utf-16-be")]
                if any(one in content for one in told) or word in cells:
                    found.append(f"{word} in {path.name}")
    return found


def test_no_byte_and_no_cell_names_an_erased_customer(
    store: Store, folder: Path, tmp_path: Path
) -> None:
    analysis, recipe = with_canary(tmp_path)
    saved = save(
        store,
        LOCAL,
        analysis,
        name=f"About {CANARY}",
        recipe=recipe,
        view=f"customer={CANARY}&tiers=5",
    )
    save(store, LOCAL, clv.analyse(analysis.shop, clv.Settings(model="NBD")), name="Other")
    links.create(store, LOCAL, saved.id, view=f"customer={CANARY}")
    shared = reopen(store, saved, mask=Mask.of(store))
    assert shared.lines.path != analysis.lines.path
    upload(gzip.compress(("\n".join(LINES)).encode()), "orders.csv.gz")
    upload(b"nothing,here\n1,2\n", "other.csv")
    pseudonym = Pseudonyms(store)(CANARY)
    assert len(traces(store.folder, folder)) > 10
    assert traces(folder, words=(pseudonym,))

    receipt = erase(store, LOCAL, f" {CANARY} ")

    assert traces(store.folder, folder, words=(CANARY, ALIAS, pseudonym)) == []
    assert (receipt.rewritten, receipt.deleted) == (2, 0)
    assert receipt.rows == 6
    assert receipt.mentions == 3
    assert receipt.customer == customer_hash(store, CANARY)
    assert CANARY not in str(receipt)
    assert [one.name for one in inbox.arrived(inbox.owner_of("x" * 40))] == ["other.csv"]
    assert entries(store, LOCAL)[0].action == "customer erased"
    sweep(store, older_than_hours=-1)
    assert len(listed(store, LOCAL)) == 2


def test_the_others_are_analysed_as_if_the_customer_had_never_been(
    store: Store, folder: Path, tmp_path: Path
) -> None:
    analysis, recipe = with_canary(tmp_path)
    saved = save(store, LOCAL, analysis, name="Mine", recipe=recipe)
    erase(store, LOCAL, CANARY)
    after = get(store, LOCAL, saved.id)
    found = reopen(store, after)
    # The oracle: the file without these lines, cleaned and analysed by the usual way.
    path = tmp_path / "without.csv"
    path.write_text(
        "\n".join([HEADER, *lines(), LINES[3].replace(f"friend of {CANARY}", "")]) + "\n"
    )
    raw = clv.read(path)
    shop = clv.clean(raw, clv.suggest_mapping(raw), clv.Rules(without=("C039",)))
    expected = clv.analyse(shop, found.settings)
    columns = [c for c in schema.CUSTOMER_COLUMNS if c in expected.customers()]
    one, two = found.customers()[columns], expected.customers()[columns]
    assert_frame_equal(one, two, rtol=1e-12)
    assert found.analysis_date == analysis.analysis_date
    for name in ("customers", "orders", "first", "last"):
        assert getattr(found.shop, name) == getattr(shop, name), name
    assert found.shop.ledger.used == shop.ledger.used
    assert found.shop.ledger.revenue == pytest.approx(shop.ledger.revenue)
    assert after.customers == len(expected.frame)
    assert after.predicted_clv == found.totals.predicted_clv.value
    assert recipe_of(store, after).corrections == clv.Corrections()
    assert recipe_of(store, after).rules.without == ("C039",)


def test_someone_who_is_nowhere_changes_nothing(store: Store, folder: Path, tmp_path: Path) -> None:
    analysis, _ = with_canary(tmp_path)
    saved = save(store, LOCAL, analysis, name="Mine 123456")
    before = {path.name for path in store.files.iterdir()}
    receipt = erase(store, LOCAL, "NOBODY-1")
    assert (receipt.rewritten, receipt.rows, receipt.files, receipt.mentions) == (0, 0, 0, 0)
    assert {path.name for path in store.files.iterdir()} == before
    assert get(store, LOCAL, saved.id) == saved


def test_the_analyses_of_others_stay_as_they_are(
    store: Store, folder: Path, tmp_path: Path
) -> None:
    analysis, _ = with_canary(tmp_path)
    saved = save(store, "bob", analysis, name=f"Of {CANARY}")
    receipt = erase(store, "ann", CANARY)
    assert (receipt.rewritten, receipt.mentions) == (0, 0)
    assert get(store, "bob", saved.id) == saved
    assert CANARY in reopen(store, saved).frame[schema.CUSTOMER_ID].tolist()


def test_an_analysis_with_too_little_left_is_deleted(
    store: Store, folder: Path, tmp_path: Path
) -> None:
    path = tmp_path / "two.csv"
    path.write_text(f"customer,date,amount\n{CANARY},2024-01-01,10\nB,2024-02-01,12.5\n")
    raw = clv.read(path)
    analysis = clv.analyse(clv.clean(raw, clv.suggest_mapping(raw), clv.Rules()))
    path.unlink()
    save(store, LOCAL, analysis, name="Two")
    receipt = erase(store, LOCAL, CANARY)
    assert (receipt.deleted, receipt.rewritten) == (1, 0)
    assert listed(store, LOCAL) == ()
    assert traces(store.folder, folder) == []


def test_a_short_id_is_not_taken_out_of_texts_where_it_stands_by_chance(
    store: Store, folder: Path, tmp_path: Path
) -> None:
    path = tmp_path / "orders.csv"
    rows = [f"{n % 9 + 10},2024-{n % 12 + 1:02d}-12,{n + 10}" for n in range(60)]
    path.write_text("\n".join(["customer,date,amount", *rows]) + "\n")
    raw = clv.read(path)
    shop = clv.clean(raw, clv.suggest_mapping(raw), clv.Rules())
    saved = save(store, LOCAL, clv.analyse(shop), name="12 months", view="horizon=12&tiers=5")
    receipt = erase(store, LOCAL, "12")
    found = reopen(store, get(store, LOCAL, saved.id))
    assert "12" not in found.frame[schema.CUSTOMER_ID].tolist()
    assert len(found.frame) == 8
    assert get(store, LOCAL, saved.id).name == "12 months"
    assert receipt.rewritten == 1


def test_the_shop_database_loses_the_customer_too(store: Store, folder: Path) -> None:
    from clv.store.shop.database import create_shop, writing
    from clv.store.shop.tables import BY_NAME

    database = create_shop()
    with writing(database) as connection:
        for id in (CANARY, "C2"):
            connection.execute(BY_NAME["customers"].insert().values(customer_id=id))
    receipt = erase(store, LOCAL, CANARY)
    assert receipt.shop_rows == 1
    assert traces(store.folder, folder) == []
    assert erase(store, "ann", "C2").shop_rows == 0
    assert erase(store, LOCAL, "C2").shop_rows == 1


def test_an_id_is_needed(store: Store) -> None:
    for id in ("", "  ", "x" * 501):
        with pytest.raises(InvalidSettings):
            erase(store, LOCAL, id)


@pytest.mark.parametrize("pack", ["plain", "gz", "zip", "utf-16", "parquet", "broken"])
def test_a_file_of_any_kind_is_searched(tmp_path: Path, pack: str) -> None:
    trace = Trace({"K-77-ü"})
    for text, there in (("a;K-77-ü;b", True), ("a;XK-77-ü9;b", False)):
        path = tmp_path / f"{pack}-{there}"
        filler = "".join(random.Random(1).choices("xyz\n", k=2_500_000))
        content = (filler + text).encode()
        if pack == "gz":
            content = gzip.compress(content, 1)
        if pack == "utf-16":
            content, there = text.encode("utf-16"), True  # by bytes alone: rather too often
        if pack == "broken":
            content, there = gzip.compress(content, 1)[:-10], True
        path.write_bytes(content)
        if pack == "zip":
            with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
                archive.writestr("sheet.xml", content)
        if pack == "parquet":
            pq.write_table(pa.table({"a": ["x", None, text]}), path)
        assert file_says(path, trace) == there


@given(st.lists(st.text("abC12-", min_size=1, max_size=8), max_size=20), st.data())
def test_rows_of_the_person_go_and_all_others_stay(ids: list[str], data) -> None:
    id = data.draw(st.sampled_from(ids)) if ids else "a"
    table = pa.table({"customer_id": pa.array(ids, pa.string()), "n": range(len(ids))})
    left = without_rows(table, Trace({id})).to_pylist()
    assert left == [{"customer_id": one, "n": n} for n, one in enumerate(ids) if one != id]


def upload(content: bytes, name: str) -> None:
    inbox_owner = inbox.owner_of("x" * 40)
    stored = inbox.Stored(f"{random.getrandbits(64):032x}", inbox_owner, name, len(content), 1.0)
    arrival = inbox.Arrival(stored, inbox._quota(), len(content))
    arrival.write(content)
    arrival.finish()
