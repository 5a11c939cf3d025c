import random
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import clv
from benchmarks.same_person import CONTACTS, MAPPING, pairs_of, simulated
from clv.intake.same_person import MOST_IDS, Candidate, candidates, fills, merges

pytestmark = pytest.mark.usefixtures("all_here")

DATA = Path(__file__).resolve().parents[2].parent / "shared" / "data"
HEADER = "id,order,date,amount,mail,name,street,zip,phone"
ANNA = "C1,1,2024-01-01,10,anna@x.org,Anna Meyer,Hauptstr. 5,12345,0171 2345678"


@pytest.fixture
def proposed(tmp_path: Path):
    """Function from CSV lines to the proposals."""

    def run(*lines: str, contacts=CONTACTS, limit: int | None = 1000) -> tuple[Candidate, ...]:
        path = tmp_path / f"orders-{random.random()}.csv"
        path.write_text("\n".join([HEADER, *lines]) + "\n")
        return candidates(clv.read(path), MAPPING, contacts, limit=limit)

    return run


def facts(found: tuple[Candidate, ...]) -> list[tuple]:
    return [(c.sureness, c.evidence, c.ids) for c in found]


@pytest.mark.parametrize(
    ("other", "expected"),
    [
        # e-mail
        ("C2,2,2024-01-02,10, Anna@X.ORG,Anna Meyer,,,", ("sure", "email")),
        ("C2,2,2024-01-02,10,anna@x.org,\"MEYER, Anna\",,,", ("sure", "email")),
        ("C2,2,2024-01-02,10,anna@x.org,A. Meyer,,,", ("sure", "email")),
        ("C2,2,2024-01-02,10,anna@x.org,,,,", ("likely", "email, no name")),
        ("C2,2,2024-01-02,10,anna@x.org,Ben Meyer,,,", ("maybe", "email, one family")),
        ("C2,2,2024-01-02,10,anna@x.org,Carlo Rossi,,,", ("maybe", "email, other name")),
        ("C2,2,2024-01-02,10,anna+shop@x.org,Anna Meyer,,,", ("sure", "mailbox and name")),
        ("C2,2,2024-01-02,10,anna+shop@x.org,,,,", ("likely", "mailbox")),
        ("C2,2,2024-01-02,10,ana@x.org,Anna Meyer,,,", ("likely", "name and similar email")),
        ("C2,2,2024-01-02,10,anna@x.ogr,Anna Meyer,,,", ("likely", "name and similar email")),
        ("C2,2,2024-01-02,10,anna2@x.org,Anna Meyer,,,", None),
        ("C2,2,2024-01-02,10,ben@x.org,Anna Meyer,,,", None),
        # phone
        ("C2,2,2024-01-02,10,,Anna Meyer,,,+49 (171) 234-5678", ("sure", "phone and name")),
        ("C2,2,2024-01-02,10,,Ana Meyer,,,0171/2345678", ("likely", "phone and similar name")),
        ("C2,2,2024-01-02,10,,,,,0171/2345678", ("maybe", "phone")),
        ("C2,2,2024-01-02,10,,Ben Meyer,,,0171/2345678", None),
        # address
        ("C2,2,2024-01-02,10,,Meyer Anna,Hauptstraße 5,12345,", ("sure", "name and address")),
        ("C2,2,2024-01-02,10,,ANNA MEYER,Haupt Str.5,12345,", ("sure", "name and address")),
        ("C2,2,2024-01-02,10,a@b.org,Anna Meyer,Hauptstr 5,12345,",
         ("likely", "name and address only")),
        ("C2,2,2024-01-02,10,,Anna Meyr,Hauptstr. 5,12345,",
         ("likely", "similar name and address")),
        ("C2,2,2024-01-02,10,,A. Meyer,Hauptstr. 5,12345,", ("maybe", "initial and address")),
        ("C2,2,2024-01-02,10,,Anna Meyer,,12345,", ("maybe", "name and place")),
        ("C2,2,2024-01-02,10,,Anna Meyer,Hauptstr. 6,12345,", None),
        ("C2,2,2024-01-02,10,,Anna Meyer,Hauptstr. 5,54321,", None),
        ("C2,2,2024-01-02,10,,Ben Meyer,Hauptstr. 5,12345,", None),
        # id
        ("c1,2,2024-01-02,10,,,,,", ("sure", "id")),
        ("C 1,2,2024-01-02,10,,Anna Meyer,,,", ("sure", "id")),
        ("c1,2,2024-01-02,10,,Carlo Rossi,,,", None),
    ],
)  # fmt: skip
def test_two_ids_are_proposed_for_what_speaks_for_it(proposed, other, expected):
    found = facts(proposed(ANNA, other))
    ids = tuple(sorted(("C1", other.split(",")[0])))
    assert found == ([] if expected is None else [(*expected, ids)])


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        ("12", "12.0", "id"),
        ("007", "7", "id with zeros"),
        ("Anna Meyer", "anna  meyer", "id"),
        ("anna@x.org", "Anna@X.org ", "id"),
        ("aB3x", "Ab3X", None),
        ("17", "170", None),
        ("C17", "C0017", None),
    ],
)
def test_ids_are_compared_as_they_are_written(proposed, first, second, expected):
    lines = [f"{one},{n},2024-01-01,10,,,,," for n, one in enumerate((first, second))]
    found = proposed(*lines, "Zoe,9,2024-01-01,10,,,,,", contacts={})
    assert [c.evidence for c in found] == ([expected] if expected else [])


def test_zeros_in_front_are_sure_with_the_same_name_and_nothing_with_another(proposed):
    line = "{},{},2024-01-01,10,,{},,,".format
    same = proposed(line("007", 1, "James Bond"), line("7", 2, "James Bond"))
    other = proposed(line("007", 1, "James Bond"), line("7", 2, "Miss Moneypenny"))
    assert facts(same) == [("sure", "id and name", ("007", "7"))]
    assert other == ()


def test_the_sentence_names_both_and_counts(proposed):
    (found,) = proposed(ANNA, "C2,2,2024-01-02,10,Anna@X.org,Anna Meyer,,,",
                        "C2,3,2024-01-03,12.5,Anna@X.org,Anna Meyer,,,")  # fmt: skip
    assert found.reason == (
        "C1 (anna@x.org) and C2 (Anna@X.org): the same e-mail address, 2 ids, 3 orders"
    )
    assert (found.orders, found.revenue, found.keep) == ((1, 2), (10.0, 22.5), "C2")
    assert found.examples[1] == "Anna Meyer · Anna@X.org"


def test_of_equally_many_orders_the_latest_id_is_kept(proposed):
    (found,) = proposed(ANNA, "A9,2,2023-01-02,10,anna@x.org,Anna Meyer,,,")
    assert found.keep == "C1"


def test_rows_without_an_id_are_filled_by_an_address_of_one_customer(proposed):
    blank = ",2,2024-01-02,7,ANNA@x.org ,Anna Meyer,,,"
    (found,) = proposed(ANNA, blank, ",3,2024-01-02,8,nobody@x.org,,,,")
    assert (found.kind, found.keep, found.email) == ("fill", "C1", "anna@x.org")
    assert (found.orders, found.revenue) == ((1,), (7.0,))
    assert fills([found]) == (("anna@x.org", "C1"),)
    assert merges([found]) == ()


def test_an_address_of_two_customers_fills_nothing(proposed):
    other = "C2,2,2024-01-02,10,anna@x.org,Carlo Rossi,,,"
    found = proposed(ANNA, other, ",3,2024-01-02,7,anna@x.org,,,,")
    assert [c.kind for c in found] == ["merge"]


def test_a_row_without_an_id_but_with_another_name_is_only_a_hint(proposed):
    (found,) = proposed(ANNA, ",2,2024-01-02,7,anna@x.org,Carlo Rossi,,,")
    assert (found.kind, found.sureness) == ("fill", "maybe")


def test_a_filled_row_goes_to_the_id_that_its_owner_gives_way_to(proposed):
    lines = [ANNA, ",3,2024-01-02,7,anna@x.org,,,,", "C2,2,2024-01-02,10,,Anna Meyer,,,01712345678",
             "C2,4,2024-01-02,10,,Anna Meyer,,,01712345678"]  # fmt: skip
    found = proposed(*lines)
    assert merges(found) == (("C1", "C2"),)
    assert fills(found) == (("anna@x.org", "C2"),)


@pytest.mark.parametrize(
    "mail", ["guest@shop.org", "noreply@shop.org", "x@example.com", "no-reply@x.invalid", "guest"]
)
def test_an_address_of_nobody_is_no_evidence(proposed, mail):
    lines = [f"C{n},{n},2024-01-01,10,{mail},,,," for n in range(2)]
    assert proposed(*lines, f",9,2024-01-01,10,{mail},,,,") == ()


def test_an_address_that_many_share_is_no_evidence(proposed):
    names = ["Ann Lee", "Bob Ray", "Cid Poe", "Dan Fox", "Eve Kay", "Flo Day", "Gus Hay"]
    lines = [f"C{n},{n},2024-01-01,10,office@firm.org,{name},Way 1,1,0301234599"
             for n, name in enumerate(names)]  # fmt: skip
    assert proposed(*lines) == ()


def test_an_id_per_guest_order_is_one_group_where_all_have_one_name(proposed):
    lines = [f"G{n:02},{n},2024-01-01,10,anna@x.org,Anna Meyer,,," for n in range(40)]
    (found,) = proposed(*lines)
    assert len(found.ids) == 40
    assert found.sureness == "sure"
    assert "and 38 more" in found.reason


def test_a_family_at_one_address_stays_apart(proposed):
    names = ["Anna Meyer", "Ben Meyer", "Clara Meyer", "Anna Roth"]
    lines = [f"C{n},{n},2024-01-01,10,,{name},Hauptstr. 5,12345,0171 2345678"
             for n, name in enumerate(names)]  # fmt: skip
    assert proposed(*lines) == ()


def test_jan_and_jana_are_two_where_both_names_are_common(proposed):
    others = [
        f"X{n},{n},2024-01-01,10,,{first} Fam{'abcdefghij'[n]}l,Way {n},1,"
        for n, first in enumerate(["Jan", "Jana"] * 5)
    ]
    home = "{},{},2024-01-01,10,,{} Schuhmacher,Hauptstr. 5,12345,".format
    assert proposed(*others, home("A", 20, "Jan"), home("B", 21, "Jana")) == ()
    slip = proposed(*others, home("A", 20, "Jana"), home("B", 21, "Janna"))
    assert facts(slip) == [("likely", "similar name and address", ("A", "B"))]


def test_a_chain_does_not_join_people_of_other_names(proposed):
    lines = ["A,1,2024-01-01,10,a@x.org,Anna Meyer,,,", "B,2,2024-01-01,10,a@x.org,,,,0171 2345678",
             "B,3,2024-01-01,10,b@x.org,Carlo Rossi,,,0171 2345678",
             "C,4,2024-01-01,10,b@x.org,Carlo Rossi,,,"]  # fmt: skip
    found = proposed(*lines)
    assert not [c for c in found if {"A", "C"} <= set(c.ids)]


def test_a_long_chain_without_names_stops(proposed):
    lines = []
    for n in range(30):
        lines += [f"C{n:02},{n},2024-01-01,10,a{n}@x.org,,,,"]
        lines += [f"C{n:02},{n},2024-01-01,10,a{n + 1}@x.org,,,,"]
    assert all(len(c.ids) <= MOST_IDS for c in proposed(*lines))


def test_an_id_of_very_many_names_is_no_person(proposed):
    lines = [f"GUEST,{n},2024-01-01,10,g@x.org,Ann Lee{'abcdefghij'[n]}ston,,," for n in range(9)]
    assert proposed(*lines, "C1,20,2024-01-01,10,g@x.org,Ann Leeaston,,,") == ()


def test_looser_groups_hold_the_stricter_ones(proposed):
    lines = [ANNA, "C2,2,2024-01-01,10,anna@x.org,Anna Meyer,,,",
             "C3,3,2024-01-01,10,b@x.org,Anna Meyer,Hauptstr. 5,12345,"]  # fmt: skip
    assert facts(proposed(*lines)) == [
        ("sure", "email", ("C1", "C2")),
        ("likely", "name and address only", ("C1", "C2", "C3")),
    ]


def test_the_limit_keeps_the_surest_with_the_most_orders(proposed):
    lines = [f"{i},{n},2024-01-01,10,{m},Ann Lee,,," for n, (i, m) in enumerate(
        [("A", "a@x.org"), ("B", "a@x.org"), ("C", "c@x.org"), ("D", "c@x.org"), ("D", "c@x.org")]
    )]  # fmt: skip
    (first,) = proposed(*lines, limit=1)
    assert first.ids == ("C", "D")


def test_a_file_without_anything_to_compare_has_no_proposals(proposed):
    assert proposed(ANNA, "C2,2,2024-01-01,10,,,,,") == ()
    assert proposed(",1,2024-01-01,10,,,,,") == ()


def test_the_order_of_rows_does_not_matter(tmp_path):
    path, _ = simulated(300, 5, tmp_path)
    head, *lines = path.read_text().splitlines()
    random.Random(3).shuffle(lines)
    other = tmp_path / "shuffled.csv"
    other.write_text("\n".join([head, *lines]) + "\n")
    first, second = (candidates(clv.read(p), MAPPING, CONTACTS, limit=None) for p in (path, other))
    assert [(c.ids, c.keep, c.score, c.evidence, c.orders) for c in first] == [
        (c.ids, c.keep, c.score, c.evidence, c.orders) for c in second
    ]


@pytest.mark.parametrize("left_out", [(), ("email", "phone"), ("name", "phone", "street")])
def test_what_is_sure_is_right_in_99_of_100_and_what_is_likely_in_90(tmp_path, left_out):
    path, truth = simulated(4000, 7, tmp_path)
    contacts = {kind: column for kind, column in CONTACTS.items() if kind not in left_out}
    found = tuple(pairs_of(candidates(clv.read(path), MAPPING, contacts, limit=None)))
    for sureness, least in (("sure", 0.99), ("likely", 0.9)):
        right = [truth[a] == truth[b] for level, _, a, b in found if level == sureness]
        assert len(right) >= 10
        assert sum(right) / len(right) >= least, sureness
    if not left_out:
        true_pairs = sum(truth[a] == truth[b] for _, _, a, b in found if _ != "maybe")
        total = sum(n * (n - 1) // 2 for n in _counts(truth).values())
        assert true_pairs / total > 0.8


def _counts(truth: dict[str, int]) -> dict[int, int]:
    people = list(truth.values())
    return {person: people.count(person) for person in set(people)}


SOME_IDS = st.lists(st.sampled_from("abcdefghij"), min_size=2, max_size=5, unique=True)


def accepted(groups: list[list[str]], orders: dict[str, int]) -> list[Candidate]:
    return [
        Candidate(
            kind="merge", ids=tuple(sorted(ids)), keep=max(ids, key=lambda i: (orders[i], i)),
            evidence="email", reason="", score=0.99, orders=tuple(orders[i] for i in sorted(ids)),
            revenue=(0.0,) * len(ids), examples=("",) * len(ids),
        )
        for ids in groups
    ]  # fmt: skip


@settings(max_examples=200, deadline=None)
@given(st.lists(SOME_IDS, max_size=6), st.randoms(use_true_random=False))
def test_merges_have_no_chains_and_join_exactly_what_was_accepted(groups, rng):
    orders = {one: rng.randrange(1, 5) for one in "abcdefghij"}
    given_ = accepted(groups, orders)
    pairs = merges(given_)
    assert not {alias for alias, _ in pairs} & {target for _, target in pairs}
    assert len({alias for alias, _ in pairs}) == len(pairs)
    final = dict(pairs)
    for ids in groups:  # what was accepted together ends up together
        assert all(final.get(a, a) == final.get(b, b) for a, b in pairwise(ids))
    joined = {frozenset(ids) for ids in groups}
    for alias, target in pairs:  # and nothing else does
        reach = {alias}
        while True:
            grown = reach.union(*(ids for ids in joined if ids & reach))
            if grown == reach:
                break
            reach = grown
        assert target in reach
    rng.shuffle(given_)
    assert merges([*given_, *given_]) == pairs


@pytest.mark.parametrize(
    ("path", "contacts"),
    [
        (
            "superstore/Sample - Superstore.xls",
            {"name": "Customer Name", "postcode": "Postal Code", "city": "City"},
        ),
        (
            "classic_models/sales_data_sample.csv",
            {"name": "CUSTOMERNAME", "street": "ADDRESSLINE1", "city": "CITY", "phone": "PHONE"},
        ),
        ("apparel/apparelTrans.csv", {}),
    ],
)
def test_nothing_absurd_is_proposed_for_real_files(path, contacts):
    if not DATA.exists():
        pytest.skip("the real files are not here")
    raw = clv.read(DATA / path)
    found = candidates(raw, clv.suggest_mapping(raw), contacts)
    assert found == ()
