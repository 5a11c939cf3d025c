"""A small sample of each corpus, so that its adapter keeps working; the whole is a benchmark."""

from pathlib import Path

import pytest

from benchmarks import corpora, hostile, pollock
from benchmarks.readers import by_duckdb, by_pandas, load, ours

FOLDER = Path(__file__).resolve().parents[1] / ".." / "shared" / "corpora"
POLLUTED = ("source.csv", "file_preamble", "file_quotation_char_0x27", "row_extra_quote5_col6")
present = pytest.mark.skipif(not FOLDER.exists(), reason="../shared/corpora is not there")


@pytest.fixture(autouse=True)
def _workspace():
    with corpora.workspace():
        yield


@pytest.fixture(scope="module")
def others():
    with corpora.third_party(FOLDER, f"csv_spectrum/csvs|{'|'.join(POLLUTED)}") as folder:
        yield folder


def test_a_table_that_is_as_it_should_be_scores_ten():
    table = [["who", "day"], ["C1", "2021-01-05"]]
    assert pollock.file_score(table, table) == 10.0


def test_what_was_not_loaded_scores_nothing():
    assert pollock.file_score([["who"], ["C1"]], None) == 0.0


def test_half_of_the_records_and_cells_are_half_of_the_score():
    clean = [["who"], ["C1"], ["C2"]]
    # 1 loaded + 3 header + (1, 1/2, 2/3) records + (1, 2/3, 4/5) cells
    assert pollock.file_score(clean, clean[:2]) == pytest.approx(4 + 13 / 6 + 37 / 15)


@present
def test_txmess_files_are_right_or_asked_about():
    place = FOLDER / "txmess"
    truths = hostile.manifest(place)[3::150]
    grades = corpora.graded(place, truths, load, corpora._scorer(FOLDER))
    assert [file for file, grade, _ in grades if grade != "right"] == []


@present
def test_polluted_files_are_read_as_they_should_be(others: Path):
    place = others / "pollock_polluted"
    files = corpora.polluted(place, 1)
    assert len(files) == len(POLLUTED)
    assert min(score for score, _ in corpora.scores(place, files, ours).values()) > 9.7


@present
@pytest.mark.parametrize("reader", [by_duckdb, by_pandas])
def test_the_other_readers_are_asked_in_their_best_way(reader, others: Path):
    place = others / "pollock_polluted"
    files = [place / "csv" / "source.csv"]
    assert corpora.scores(place, files, reader)["source.csv"][0] > 9.7


@present
def test_hostile_files_get_the_right_verdict():
    place = FOLDER / "hostile"
    entries = [entry for entry in hostile.manifest(place) if "file" in entry][6::60]
    for entry in entries:
        outcome = hostile.attempt(
            str(place / entry["file"]), entry["upload_name"], entry.get("amount_column")
        )
        assert hostile._is_right(entry, outcome), (entry, outcome)


@present
def test_files_of_others_are_decided(others: Path):
    verdicts = {hostile.read_only(str(path)).verdict for path in hostile.others(others)[::5]}
    assert verdicts <= {"load", "refuse"}
