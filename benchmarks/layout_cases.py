"""Layouts of order files as programs and people write them, with the truth about each column.

A layout lists `header | what the column holds | role`. A role with `~` may also be chosen, and
is not missed. `orders` layouts have one row per order, `lines` one per order line. Headers are
those of real programs where their exports are public, and otherwise what a person would write.
"""

import csv
import io
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any

from benchmarks.layout_texts import LAYOUTS, WORDS

Row = dict[str, Any]


@dataclass(frozen=True)
class Layout:
    """One layout: how its file is written, and which column plays which role."""

    name: str
    per: str
    dates: str
    decimal: str
    columns: tuple[tuple[str, str], ...]
    truth: dict[str, tuple[str, ...]]
    optional: frozenset[str]
    header: bool = True
    expect: dict[str, bool] = field(default_factory=dict)

    def text(self) -> str:
        """The file as semicolon-separated text, the same on every call."""
        out = io.StringIO()
        writer = csv.writer(out, delimiter=";", lineterminator="\n")
        if self.header:
            writer.writerow([name for name, _ in self.columns])
        for row in rows(self.per, self.name):
            writer.writerow([self._cell(row, what) for _, what in self.columns])
        return out.getvalue()

    def _cell(self, row: Row, what: str) -> str:
        what, _, style = what.partition(":")
        if what.startswith("="):
            return what[1:]
        value = FIELDS[what](row) if what in FIELDS else row[what]
        if isinstance(value, datetime | date):
            return value.strftime(style or self.dates)
        if isinstance(value, float):
            digits = style if style.isdigit() else "2"
            text = f"{value:.{digits}f}".replace(".", self.decimal)
            return style.replace("#", text) if "#" in style else text
        return str(value)


def layouts() -> list[Layout]:
    """All layouts, in the order of the list."""
    return [_parse(text) for text in LAYOUTS.strip().split("\n\n")]


def _parse(text: str) -> Layout:
    first, *lines = text.strip().splitlines()
    name, per, dates, decimal, *flags = first.split(" ; ")
    columns, truth, optional = [], {}, set()
    for line in lines:
        header, what, *roles = (part.strip() for part in line.split(" | "))
        columns.append((header, what))
        for role in roles[0].split() if roles else ():
            truth[role.rstrip("~")] = (*truth.get(role.rstrip("~"), ()), header)
            if role.endswith("~") and len(truth[role.rstrip("~")]) == 1:
                optional.add(role.rstrip("~"))
            elif not role.endswith("~"):
                optional.discard(role)
    expect = {flag: True for flag in flags if flag in ("order", "continued")}
    return Layout(
        name, per, dates, decimal, tuple(columns), truth, frozenset(optional),
        header="no header" not in flags, expect=expect,
    )  # fmt: skip


FIRST = [
    "Anna",
    "Ben",
    "Carla",
    "David",
    "Elena",
    "Farid",
    "Grace",
    "Hugo",
    "Ines",
    "Jonas",
    "Kim",
    "Lena",
    "Marco",
    "Nina",
    "Olga",
]
LAST = [
    "Meyer",
    "Smith",
    "Garcia",
    "Rossi",
    "Nowak",
    "Dubois",
    "Jansen",
    "Yilmaz",
    "Kovacs",
    "Silva",
    "Berg",
    "Novak",
    "Ito",
]
STEMS = [
    "Lamp",
    "Chair",
    "Mug",
    "Towel",
    "Shelf",
    "Candle",
    "Basket",
    "Clock",
    "Frame",
    "Rug",
    "Vase",
    "Bottle",
    "Bag",
    "Tray",
]
PRICES = [4.9, 7.5, 12.95, 19.9, 24.99, 39.0, 59.5]
COLOURS = ["red", "blue", "green", "white", "oak"]
CITIES = [
    "Berlin",
    "Lyon",
    "Madrid",
    "Milano",
    "Porto",
    "Utrecht",
    "Gdansk",
    "Brno",
    "Malmo",
    "Oslo",
    "Turku",
]


def rows(per: str, seed: str) -> Iterator[Row]:
    """The rows of a small shop: 90 customers over two years, sorted by time."""
    chance = random.Random(seed)
    people = [_person(chance, number) for number in range(90)]
    products = [_product(chance, number) for number in range(60)]
    start = datetime(2023, 1, 2, 9, 0, tzinfo=UTC)
    moments = sorted(start + timedelta(minutes=chance.randint(0, 700 * 1440)) for _ in range(320))
    row_number = 0
    for number, moment in enumerate(moments):
        order = _order(chance, number, moment, people[int(90 * chance.random() ** 1.7)])
        lines = [
            _line(chance, product)
            for product in chance.sample(products, chance.choice([1, 1, 1, 2, 2, 3, 4]))
        ]
        order |= _totals(chance, lines)
        if per == "orders":
            row_number += 1
            yield order | lines[0] | {"row": row_number, "line_no": 1, "first": True}
            continue
        for position, line in enumerate(lines, 1):
            row_number += 1
            yield order | line | {"row": row_number, "line_no": position, "first": position == 1}


def _person(chance: random.Random, number: int) -> Row:
    first, last = chance.choice(FIRST), chance.choice(LAST)
    return {
        "cust": str(10412 + number * 7), "first_name": first, "last_name": last,
        "name": f"{first} {last} {chr(65 + number % 26)}.",
        "email": f"{first}.{last}{number}@mail.example".lower(),
        "user": f"{first.lower()}_{number * 37 % 997}", "guid": f"{chance.getrandbits(64):016x}",
        "company": f"{last} {chance.choice(('GmbH', 'Ltd', 'SA', 'BV', 'AB'))} {number}",
        "phone": f"+49 30 {chance.randint(1000000, 9999999)}",
        "street": f"Main Street {chance.randint(1, 200)}",
        "zip": f"{chance.randint(10000, 99999)}", "city": chance.choice(CITIES),
        "land": chance.choice(("Germany", "Germany", "Germany", "Austria", "France")),
        "cc": chance.choice(("DE", "DE", "DE", "AT", "FR")), "segment": chance.choice(("B2B",
        "B2C", "VIP")),
        "gender": chance.choice("mf"),
        "birth": date(1960, 1, 1) + timedelta(days=chance.randint(0, 15000)),
        "since": date(2019, 1, 1) + timedelta(days=chance.randint(0, 1400)),
        "age": chance.randint(18, 80), "region": chance.choice(("North", "South", "West", "East")),
    }  # fmt: skip


def _product(chance: random.Random, number: int) -> Row:
    stem = STEMS[number % len(STEMS)]
    return {
        "sku": f"{stem[:3].upper()}-{1000 + number * 3}", "pid": str(5000 + number * 11),
        "ean": f"40{chance.randint(10**10, 10**11 - 1)}",
        "title": f"{stem} {chance.choice(COLOURS)} {number}",
        "cat": ("Home", "Kitchen", "Office", "Garden")[number % 4],
        "sub": ("Light", "Seat", "Drink", "Textile", "Store", "Plant", "Desk", "Decor")[number % 8],
        "brand": ("Nord", "Casa", "Velo", "Huis", "Mori")[number % 5],
        "price": round(chance.choice(PRICES) * chance.uniform(0.8, 1.4), 2),
        "weight": round(chance.uniform(0.1, 6), 3), "stock": chance.randint(0, 400),
    }  # fmt: skip


def _order(chance: random.Random, number: int, moment: datetime, person: Row) -> Row:
    moment = moment.replace(second=chance.randint(0, 59))
    return person | {
        "order": str(100234 + number), "code": f"SO-{moment.year}-{number:05d}",
        "inv": f"RE{230001 + number}", "hash": f"{chance.getrandbits(64):016x}", "at": moment,
        "day": moment.date(), "clock": moment.strftime("%H:%M"), "hour": moment.hour,
        "ts": int(moment.timestamp()), "ms": int(moment.timestamp() * 1000),
        "serial": (moment.date() - date(1899, 12, 30)).days, "compact": moment.strftime("%Y%m%d"),
        "paid": moment.date() + timedelta(days=chance.choice((0, 0, 0, 1, 3))),
        "shipped": moment.date() + timedelta(days=chance.randint(1, 6)),
        "due": moment.date() + timedelta(days=14), "exported": date(2025, 1, 15),
        "status": chance.choices((0, 1, 2, 3), (80, 10, 5, 5))[0],
        "pay": chance.choice((0, 0, 1, 2)),
        "channel": chance.choice((0, 0, 0, 1, 2)), "store": chance.choice(("Store 1", "Store 2",
        "Store 3")),
        "clerk": chance.choice(("mt", "jk", "lw")), "coupon": chance.choice(("", "", "",
        "SPRING10")),
        "coin": chance.choice(("EUR", "EUR", "EUR", "USD", "GBP")), "note": "",
        "flag": chance.choice("01"),
        "type": chance.choices(("Sale", "Return"), (97, 3))[0],
        "tracking": f"JD{chance.getrandbits(40)}",
        "clean": chance.choice(("Y", "N")), "rate": 0.19,
    }  # fmt: skip


def _line(chance: random.Random, product: Row) -> Row:
    qty = chance.choices((1, 2, 3, 5, 10), (60, 22, 10, 5, 3))[0]
    gross = round(qty * product["price"], 2)
    share = chance.choice((0, 0, 0, 0, 0.1, 0.2))
    disc = round(gross * share, 2)
    line = round(gross - disc, 2)
    return product | {
        "qty": qty, "gross": gross, "disc": disc, "share": share, "line": line,
        "tax": round(line * 0.19, 2), "withtax": round(line * 1.19, 2), "percent": int(share * 100),
        "cost": round(gross * 0.55, 2), "unit_cost": round(product["price"] * 0.55, 2),
        "profit": round(line - gross * 0.55, 2), "points": int(line),
        "returned": line if chance.random() < 0.03 else 0.0,
    }  # fmt: skip


def _totals(chance: random.Random, lines: list[Row]) -> Row:
    goods = round(sum(line["line"] for line in lines), 2)
    shipping = 0.0 if goods > 60 else 4.95
    return {
        "goods": goods, "shipping": shipping, "total": round(goods + shipping, 2),
        "order_tax": round(goods * 0.19, 2),
        "order_disc": round(sum(line["disc"] for line in lines), 2),
        "items": sum(line["qty"] for line in lines), "net_total": round(goods / 1.19, 2),
        "order_cost": round(sum(line["cost"] for line in lines), 2), "fee": round(goods * 0.029, 2),
        "refund": goods if chance.random() < 0.04 else 0.0,
        "summary": ", ".join(f"{line['qty']}x {line['title']}" for line in lines),
    }  # fmt: skip


def _once(what: str) -> Callable[[Row], Any]:
    """The value on the first row of an order, and nothing on the others."""
    return lambda row: row[what] if row["first"] else ""


FIELDS: dict[str, Callable[[Row], Any]] = {
    f"{what}1": _once(what)
    for what in (
        "total", "goods", "shipping", "order_tax", "at", "day", "order", "name", "email", "cc",
        "order_disc", "cust", "refund", "code",
    )
}  # fmt: skip
for _kind, _texts in WORDS.items():
    for _language, _choices in _texts.items():
        FIELDS[f"{_kind}_{_language}"] = lambda row, kind=_kind, texts=_choices: texts[row[kind]]
