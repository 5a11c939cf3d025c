import random
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pytest

import clv
from clv.intake.outliers import cap_effect, unusual
from clv.settings import Rules

pytestmark = pytest.mark.usefixtures("all_here")

DATA = Path(__file__).resolve().parents[2].parent / "shared" / "data"
HEADER = "customer,order,date,product,quantity,amount"
MAPPING = clv.Mapping.from_json(
    """{"columns": {"customer_id": "customer", "order_id": "order", "ordered_at": "date",
        "product_id": "product", "quantity": "quantity", "amount": "amount"},
        "date_order": "ymd", "decimal": "."}"""
)
FIRST = date(2022, 1, 1)


def ordinary(customers: int, seed: int, p: float, q: float, v: float, r: float, alpha: float):
    """Lines of a shop as the models have it: NBD orders, a chance to leave, Gamma-Gamma spend."""
    rng = np.random.default_rng(seed)
    lines, order = [], 0
    for customer in range(customers):
        rate, leaves, scale = rng.gamma(r, 1 / alpha), rng.beta(0.8, 2.5), rng.gamma(q, 1 / v)
        week = rng.uniform(0, 104)
        while week < 104:
            order += 1
            day = FIRST + timedelta(days=int(week * 7))
            amount, pieces = rng.gamma(p, 1 / scale) + 0.01, 1 + rng.poisson(0.6)
            lines.append(f"C{customer},{order},{day},P{order % 9},{pieces},{amount:.2f}")
            if rng.random() < leaves:
                break
            week += max(rng.exponential(1 / rate), 0.01)
    return lines


USUAL = {"p": 6.25, "q": 3.74, "v": 15.4, "r": 0.8, "alpha": 6.0}


@pytest.fixture
def cleaned(tmp_path: Path):
    """Function from CSV lines (and rules) to the cleaned shop."""

    def run(lines: list[str], mapping=MAPPING, **rules) -> clv.Shop:
        path = tmp_path / f"orders-{random.random()}.csv"
        path.write_text("\n".join([HEADER, *lines]) + "\n")
        return clv.clean(clv.read(path), mapping, Rules(**rules))

    return run


@pytest.mark.parametrize(
    "shape",
    [
        USUAL,
        {"p": 2.1, "q": 3.45, "v": 485.0, "r": 2.0, "alpha": 10.0},
        {"p": 4.0, "q": 2.2, "v": 40.0, "r": 0.8, "alpha": 6.0},
        {"p": 20.0, "q": 15.0, "v": 100.0, "r": 0.25, "alpha": 4.4},
    ],
)
def test_next_to_nothing_is_unusual_in_an_ordinary_shop(cleaned, shape):
    shops = [unusual(cleaned(ordinary(1500, seed, **shape))) for seed in range(3)]
    lines = sum(found.lines for shop in shops for found in shop.beyond)
    assert lines <= 1
    assert sum(len(shop.accounts) for shop in shops) <= 2  # of 4,500 customers


def test_planted_lines_are_all_flagged(cleaned):
    base = ordinary(1500, 11, **USUAL)
    planted = [f"C{n},X{n},2022-05-0{n},P1,{10 ** (n + 2)},{9000 * n}.50" for n in range(1, 6)]
    found = unusual(cleaned([*base, *planted]))
    amount, quantity = found.beyond
    first = len(base) + 2
    assert set(found.lines["row_number"]) == set(range(first, first + 5))
    assert (amount.lines, quantity.lines) == (5, 5)
    assert amount.revenue == pytest.approx(9000 * 15 + 2.5)
    shop_revenue = sum(float(line.split(",")[-1]) for line in [*base, *planted])
    assert amount.share == pytest.approx(amount.revenue / shop_revenue)
    assert list(found.lines["why"]) == ["amount and quantity"] * 5
    assert found.lines["amount"].is_monotonic_decreasing


@pytest.mark.parametrize("policy", ["net", "own_date"])
def test_a_huge_order_that_was_cancelled_is_no_outlier_of_revenue(cleaned, policy):
    base = ordinary(500, 3, **USUAL)
    huge = ["C1,X1,2022-05-01,P1,80995,168469.60", "C1,C-X1,2022-05-01,Manual,-80995,-168469.60"]
    amount, quantity = unusual(cleaned([*base, *huge], refunds=policy)).beyond
    assert (amount.lines, amount.paid_back, amount.revenue) == (0, 1, 0)
    assert (amount.paid_back_revenue, quantity.paid_back) == (168469.60, 1)
    assert "1 more paid back in full" in amount.sentence


def test_a_refund_pays_back_one_order_and_not_its_twin(cleaned):
    base = ordinary(500, 3, **USUAL)
    twin = [f"C1,X{n},2022-05-0{n},P1,80000,99000.00" for n in (1, 2)]
    back = ["C1,R,2022-05-03,P1,-80000,-99000.00"]
    amount, _ = unusual(cleaned([*base, *twin, *back], refunds="own_date")).beyond
    assert (amount.lines, amount.paid_back) == (1, 1)


def test_the_cap_is_the_fence_of_the_tutorials(cleaned):
    lines = [f"C{n},{n},2022-01-01,P1,1,{n}" for n in range(1, 1002)]
    (amount, _) = unusual(cleaned(lines)).beyond
    q01, q99 = np.quantile(np.arange(1, 1002), [0.01, 0.99])
    assert amount.cap == pytest.approx(q99 + 1.5 * (q99 - q01))
    assert amount.limit >= amount.cap


def test_what_a_cap_would_do_is_told(cleaned):
    shop = cleaned(["a,1,2022-01-01,P,1,100", "b,2,2022-01-01,P,1,250.5", "c,3,2022-01-01,P,1,90",
                    "d,4,2022-01-01,P,1,800", "d,R,2022-01-02,P,-1,-800"])  # fmt: skip
    assert cap_effect(shop, 100) == (3, 150.5)  # the one of 800 was paid back
    assert cap_effect(shop, 90) == (4, 170.5)
    assert cap_effect(shop, 1000) == (0, 0.0)


def test_a_reseller_is_flagged_with_the_share_of_revenue(cleaned):
    base = ordinary(1500, 5, **USUAL)
    resale = [f"BIG,X{n},{FIRST + timedelta(days=9 * n)},P1,400,1500.00" for n in range(40)]
    found = unusual(cleaned([*base, *resale])).accounts
    (row,) = found.to_dict("records")
    assert (row["customer_id"], row["kind"], row["orders"]) == ("BIG", "wholesale", 40)
    assert (row["pieces"], row["revenue"]) == (16000, 60000)
    orders = len(base) + 40
    assert row["share_of_orders"] == pytest.approx(40 / orders)
    assert "revenue of 60,000" in row["reason"]
    assert "400 pieces per order" in row["reason"]


@pytest.mark.parametrize(
    "one", ["Guest", "GAST", "guest checkout", "anonymous", "Walk-in", "0", "99999", "guest@x.org"]
)
def test_an_id_that_stands_for_nobody_is_flagged(cleaned, one):
    base = ordinary(300, 5, **USUAL)
    orders = [f"{one},X{n},{FIRST + timedelta(days=n // 2)},P1,1,20.00" for n in range(40)]
    found = unusual(cleaned([*base, *orders])).accounts
    assert list(zip(found["customer_id"], found["kind"], strict=True)) == [(one, "guest")]
    assert "40 orders" in found["reason"][0]


def test_an_id_with_many_orders_on_one_day_is_more_than_one_person(cleaned):
    base = ordinary(300, 5, **USUAL)
    orders = [f"till-7b,X{n},{FIRST + timedelta(days=n % 4)},P1,1,5.00" for n in range(60)]
    found = unusual(cleaned([*base, *orders])).accounts
    assert list(found["customer_id"]) == ["till-7b"]
    assert found["reason"][0] == (
        "60 orders on 4 days, up to 15 on one day: more than one person buys under this id."
    )


@pytest.mark.parametrize(
    "one", ["Augusta", "Postman Ltd", "Testa", "Cashmere", "100", "9", "Tilly"]
)
def test_names_and_numbers_that_only_look_like_it_are_not(cleaned, one):
    base = ordinary(300, 5, **USUAL)
    orders = [f"{one},X{n},{FIRST + timedelta(days=9 * n)},P1,1,20.00" for n in range(12)]
    assert unusual(cleaned([*base, *orders])).accounts.empty


def test_customer_number_one_is_not_a_filler_as_long_as_it_buys_like_a_person(cleaned):
    base = ordinary(300, 5, **USUAL)
    orders = [f"1,X{n},{FIRST + timedelta(days=9 * n)},P1,1,20.00" for n in range(12)]
    assert unusual(cleaned([*base, *orders])).accounts.empty


def test_without_order_numbers_the_orders_of_a_day_are_not_counted(cleaned):
    mapping = MAPPING.with_roles(order_id=None)
    base = ordinary(300, 5, **USUAL)
    orders = [f"A,X{n},2022-01-0{1 + n % 2},P1,1,{5 + n}.00" for n in range(40)]
    assert unusual(cleaned([*base, *orders], mapping=mapping)).accounts.empty


def test_of_few_lines_nothing_is_said(cleaned):
    found = unusual(cleaned(["a,1,2022-01-01,P,1,1", "b,2,2022-01-01,P,1,1000000"]))
    assert [b.limit for b in found.beyond] == [None, None]
    assert found.beyond[0].sentence == "There are too few lines to call amounts unusual."
    assert found.lines.empty
    assert found.accounts.empty


def test_equal_prices_do_not_make_two_pieces_unusual(cleaned):
    lines = [f"C{n},{n},2022-01-01,P,{1 + (n == 5)},{10 + 10 * (n == 5)}" for n in range(200)]
    found = unusual(cleaned(lines))
    assert [b.lines for b in found.beyond] == [0, 0]


def test_the_order_of_rows_does_not_matter(cleaned):
    lines = ordinary(400, 8, **USUAL)
    lines += ["C1,X,2022-05-01,P1,90000,90000", "C2,Y,2022-05-01,P1,90000,90000"]
    lines += [f"BIG,Z{n},{FIRST + timedelta(days=9 * n)},P1,400,900" for n in range(40)]
    shuffled = random.Random(4).sample(lines, len(lines))
    first, second = (unusual(cleaned(some)) for some in (lines, shuffled))
    assert first.beyond == second.beyond
    assert first.accounts.equals(second.accounts)
    columns = ["customer_id", "order_id", "amount", "why"]
    assert sorted(map(tuple, first.lines[columns].to_numpy())) == sorted(
        map(tuple, second.lines[columns].to_numpy())
    )


def test_the_money_flagged_grows_with_every_planted_line(cleaned):
    base = ordinary(400, 8, **USUAL)
    seen = []
    for count in (0, 1, 3):
        planted = [f"C{n},X{n},2022-05-01,P1,1,50000" for n in range(count)]
        seen.append(unusual(cleaned([*base, *planted])).beyond[0].revenue)
    assert seen == [0, 50000, 150000]


def test_the_famous_orders_of_online_retail_are_known_as_paid_back():
    if not DATA.exists():
        pytest.skip("the real files are not here")
    raw = clv.read(DATA / "online_retail" / "online_retail.csv.gz")
    found = unusual(clv.clean(raw, clv.suggest_mapping(raw)))
    top = found.lines.head(2)
    assert list(top["quantity"]) == [80995, 74215]
    assert list(top["customer_id"]) == ["16446", "12346"]
    assert top["paid_back"].all()
    assert {"14646", "18102", "17450"} <= set(found.accounts["customer_id"])
    assert len(found.accounts) <= 10
