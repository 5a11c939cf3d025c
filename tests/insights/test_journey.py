"""Moves from order to order against plain loops."""

import pytest

from clv.insights.journey import NO_NEXT, OTHERS, UNNAMED, goes_on, journey
from clv.insights.lines import Lines
from tests.insights.small_shop import CUSTOMERS, TEXT, orders_of, small_lines

HEADERS = {"Category": "Category", "Subcategory": "Subcategory", "Product": "Product name"}


@pytest.fixture(scope="module")
def lines(tmp_path_factory: pytest.TempPathFactory) -> Lines:
    return small_lines(tmp_path_factory.mktemp("shop"))


def main_group(order: list[dict], header: str) -> str:
    money: dict[str, float] = {}
    for row in order:
        money[row[header]] = money.get(row[header], 0) + row["Amount"]
    return min(money, key=lambda name: (-money[name], name))


def by_hand(header: str) -> dict[tuple[int, str, str], int]:
    counts: dict[tuple[int, str, str], int] = {}
    for name in CUSTOMERS:
        groups = [main_group(order, header) for order in orders_of(name)]
        for step in range(1, 4):
            if len(groups) >= step:
                after = groups[step] if len(groups) > step else NO_NEXT
                key = (step, groups[step - 1], after)
                counts[key] = counts.get(key, 0) + 1
    return counts


@pytest.mark.parametrize("level", HEADERS)
def test_moves_are_those_of_the_main_groups(lines: Lines, level: str) -> None:
    table = lines.ask(journey, None, (), lines.level_column(level), 8)
    expected = by_hand(HEADERS[level])
    keys = zip(table["step"], table["from"], table["to"], strict=True)
    assert dict(zip(keys, table["customers"], strict=True)) == expected
    for row in table.to_dict("records"):
        whole = sum(
            n for (step, start, _), n in expected.items()
            if (step, start) == (row["step"], row["from"])
        )  # fmt: skip
        assert row["share"] == pytest.approx(row["customers"] / whole)


def test_those_who_stop_are_shown_and_every_customer_counts_once(lines: Lines) -> None:
    table = lines.ask(journey, None, (), "level_0", 8)
    first = table[table["step"] == 1]
    assert first["customers"].sum() == len(CUSTOMERS)
    once = sum(len(orders_of(name)) == 1 for name in CUSTOMERS)
    assert first.loc[first["to"] == NO_NEXT, "customers"].sum() == once


def test_rare_groups_become_one(lines: Lines) -> None:
    table = lines.ask(journey, None, (), "level_2", 1)
    assert set(table["from"]) == {"Cup", OTHERS}
    assert table["customers"].sum() == sum(by_hand("Product name").values())
    assert not table.duplicated(["step", "from", "to"]).any()


def test_lines_without_a_name_are_a_group_of_their_own(tmp_path) -> None:
    text = (
        TEXT + "Fay,2024-03-03,20,,,,50,1,9,no,Spain\n"
        "Fay,2024-04-03,21,Cup,Home,Kitchen,5,1,2,no,Spain\n"
    )
    other = small_lines(tmp_path, text)
    table = other.ask(journey, None, (), "level_2", 8)
    moved = table[(table["step"] == 1) & (table["from"] == UNNAMED)]
    assert moved[["to", "customers"]].values.tolist() == [["Cup", 1]]


def test_the_sentence_counts_who_went_on_and_who_stayed(lines: Lines) -> None:
    table = lines.ask(journey, None, (), "level_0", 8)
    further, group, stays = goes_on(table, 1)
    counts = by_hand("Category")
    total = sum(n for (step, *_), n in counts.items() if step == 1)
    stopped = sum(n for (step, _, to), n in counts.items() if step == 1 and to == NO_NEXT)
    assert further == pytest.approx(1 - stopped / total)
    assert group == "Home"
    home = sum(n for (step, start, _), n in counts.items() if (step, start) == (1, "Home"))
    assert stays == pytest.approx(counts[1, "Home", "Home"] / home)
