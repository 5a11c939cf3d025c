"""A shop small enough to count by hand, with refunds, one-time buyers and incomplete months; and
its lines in plain Python, read from the text and not from the code under test."""

import csv
import io
from pathlib import Path
from typing import Any

import pandas as pd

import clv
from clv.analysis import Analysis
from clv.insights.levels import product_levels
from clv.insights.lines import Lines, open_lines

HEADER = (
    "Customer,Order date,Order number,Product name,Category,Subcategory,Amount,Pieces,Cost,Offer,"
    "Country\n"
)
ROWS = """\
Ann,2024-01-05,1,Cup,Home,Kitchen,10,2,4,no,France
Ann,2024-01-05,1,Pen,Desk,Write,4,4,1,no,France
Ann,2024-03-01,3,Cup,Home,Kitchen,5,1,2,no,France
Ann,2024-03-01,3,Ink,Desk,Write,6,2,3,yes,France
Ann,2024-05-20,9,Pen,Desk,Write,3,3,1,no,France
Bob,2024-02-01,2,Cup,Home,Kitchen,7,1,2,no,Spain
Bob,2024-02-09,4,Cup,Home,Kitchen,-7,-1,-2,no,Spain
Bob,2024-04-02,6,Lamp,Home,Light,30,1,20,yes,Spain
Cid,2024-02-03,5,Ink,Desk,Write,3,1,1,no,Spain
Cid,2024-02-03,5,Cup,Home,Kitchen,6,1,2,no,Spain
Dan,2024-04-10,7,Lamp,Home,Light,28,1,20,no,France
Dan,2024-04-12,8,Cup,Home,Kitchen,9,2,4,yes,France
Dan,2024-05-21,10,Cup,Home,Kitchen,5,1,2,yes,France
Dan,2024-05-21,10,Lamp,Home,Light,29,1,20,yes,France
Dan,2024-06-01,11,Ink,Desk,Write,6,2,2,no,France
Dan,2024-06-02,12,Pen,Desk,Write,2,2,1,no,France
Eve,2024-06-03,13,Cup,Home,Kitchen,5,1,2,no,France
Eve,2024-06-05,14,Cup,Home,Kitchen,-5,-1,-2,no,France
"""
TEXT = HEADER + ROWS
CUSTOMERS = ("Ann", "Bob", "Cid", "Dan", "Eve")


def rows() -> list[dict[str, Any]]:
    """Every row as the file has it; refund rows have a negative amount."""
    found = list(csv.DictReader(io.StringIO(TEXT)))
    for row in found:
        for name in ("Amount", "Pieces", "Cost"):
            row[name] = float(row[name])
        row["place"] = CUSTOMERS.index(row["Customer"])
    return found


def bought() -> list[dict[str, Any]]:
    return [row for row in rows() if row["Amount"] > 0]


def small_shop(folder: Path, text: str = TEXT) -> clv.Shop:
    path = folder / "orders.csv"
    path.write_text(text)
    raw = clv.read(path)
    return clv.clean(raw, clv.suggest_mapping(raw), clv.Rules(refunds="own_date"))


def small_lines(folder: Path, text: str = TEXT) -> Lines:
    """The lines alone, without a model."""
    shop = small_shop(folder, text)
    ids = sorted({line.split(",")[0] for line in text.splitlines()[1:]})
    levels = product_levels(shop.transactions, shop.roles, shop.attributes)
    return open_lines(shop, pd.Series(ids), levels)


def small_analysis(folder: Path) -> Analysis:
    settings = clv.Settings(margin=0.4, horizon_months=6, model="BG/NBD")
    return clv.analyse(small_shop(folder), settings)


def orders_of(customer: str) -> list[list[dict[str, Any]]]:
    """The purchase rows of one customer, order by order, the first order first."""
    mine = [row for row in bought() if row["Customer"] == customer]
    numbers = sorted({row["Order number"] for row in mine}, key=int)
    return [[row for row in mine if row["Order number"] == number] for number in numbers]
