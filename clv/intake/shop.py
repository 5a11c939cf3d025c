"""The clean rows of one shop as a value, kept as immutable files: orders, or customers.

The JSON file is written last: where it stands, the set is complete.
"""

import json
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from typing import Any

import ibis.expr.types as ir
from ibis.backends.duckdb import Backend

from clv import engine
from clv.errors import NotEnoughData
from clv.intake.ledger import Change, Changed, Effect, Ledger, Reason
from clv.intake.wording import counted


@dataclass(frozen=True)
class Shop:
    """Clean transactions of one shop, and how they came to be.

    Where the file has one row per customer there are no transactions: transactions_path is
    None, customers_path has the clean rows, and channels are the names that their columns
    channel_0, channel_1 ... stand for.

    roles: the roles that the file has a column for; attributes: (label, column) of further
    columns kept; has_orders: False where purchase days stand in for orders; currency: of all
    amounts, where the file says; revenue_by_policy: net revenue under each refund policy.
    edition: tells shops apart whose rows are the same file: the id of the saved analysis.
    """

    name: str
    transactions_path: Path | None
    ledger: Ledger
    roles: tuple[str, ...]
    attributes: tuple[tuple[str, str], ...]
    has_orders: bool
    first: date
    last: date
    customers: int
    orders: int
    currency: str | None
    revenue_by_policy: tuple[tuple[str, float], ...]
    customers_path: Path | None = None
    channels: tuple[str, ...] = ()
    edition: str = ""

    def open(self, connection: Backend) -> ir.Table:
        """The transactions as a table of `connection`; NotEnoughData where there are none."""
        if self.transactions_path is None:
            raise no_single_orders()
        return connection.read_parquet(str(self.transactions_path))

    def open_customers(self, connection: Backend) -> ir.Table:
        """The rows of a file with one row per customer (`clv.intake.customer_rows`)."""
        return connection.read_parquet(str(self.customers_path))

    @property
    def by_customer(self) -> bool:
        """Whether the file has one row per customer, and so no single orders."""
        return self.transactions_path is None

    @property
    def transactions(self) -> ir.Table:
        """The transactions as an Ibis table on a connection of its own."""
        return self.open(engine.connect())

    @property
    def in_short(self) -> tuple[str, ...]:
        """What became of the file, in a line, and what was left out and matters."""
        parts = [counted(self.ledger.read, "row")]
        if not self.by_customer:
            parts.append(counted(self.ledger.used, "line"))
        parts.append(counted(self.orders, "order" if self.has_orders else "purchase day"))
        parts.append(counted(self.customers, "customer"))
        chain = " → ".join(parts)
        ledger = self.ledger
        said = (
            chain,
            *ledger.losses,
            ledger.about_credited,
            *ledger.doubts,
            ledger.about_equal,
        )
        return tuple(filter(None, said))

    @property
    def key(self) -> str:
        """The same text for the same content: shops that differ in anything have another."""
        return f"{self._rows_path.name}{self.edition}"

    @property
    def _rows_path(self) -> Path:
        path = self.transactions_path or self.customers_path
        assert path is not None, "a shop has transactions or customers"
        return path

    @property
    def complete(self) -> bool:
        """Whether its files are still there."""
        return all(path.exists() for path in self._files)

    def touch(self) -> None:
        """Mark its files as in use, which keeps them from the sweep."""
        engine.touch(*self._files)

    @property
    def _files(self) -> tuple[Path, ...]:
        return self._rows_path, self.ledger.rejected_path, self.ledger.changes_path

    def save(self, path: Path) -> None:
        """Write the record of a shop whose files are all there."""
        engine.write_text(path, json.dumps(asdict(self), default=str))

    @classmethod
    def load(cls, path: Path) -> "Shop":
        """Read the record that `save` wrote."""
        return cls.from_record(json.loads(path.read_text(encoding="utf-8")))

    @classmethod
    def from_record(cls, record: dict[str, Any]) -> "Shop":
        """The shop in the plain values that `asdict` gives."""
        ledger = record["ledger"]
        effects = tuple(Effect(**(e | {"reason": Reason(e["reason"])})) for e in ledger["effects"])
        changes = tuple(Changed(Change(c["change"]), c["rows"]) for c in ledger["changes"])
        return cls(
            name=record["name"],
            transactions_path=_path(record["transactions_path"]),
            ledger=Ledger(
                read=ledger["read"],
                used=ledger["used"],
                revenue=ledger["revenue"],
                effects=effects,
                changes=changes,
                rejected_path=Path(ledger["rejected_path"]),
                changes_path=Path(ledger["changes_path"]),
                equal=ledger["equal"],
                equal_revenue=ledger["equal_revenue"],
                credited=ledger.get("credited", 0),
                credited_revenue=ledger.get("credited_revenue", 0.0),
                doubts=tuple(ledger.get("doubts", ())),
            ),
            roles=tuple(record["roles"]),
            attributes=tuple((label, key) for label, key in record["attributes"]),
            has_orders=record["has_orders"],
            first=date.fromisoformat(record["first"]),
            last=date.fromisoformat(record["last"]),
            customers=record["customers"],
            orders=record["orders"],
            currency=record["currency"],
            revenue_by_policy=tuple((name, value) for name, value in record["revenue_by_policy"]),
            customers_path=_path(record.get("customers_path")),
            channels=tuple(record.get("channels", ())),
            edition=record.get("edition", ""),
        )


def no_single_orders() -> NotEnoughData:
    """What is missing in a file with one row per customer."""
    return NotEnoughData(
        "The file has one row per customer, and this needs the single orders.",
        "Load a file with one row per order to see it.",
    )


def _path(text: str | None) -> Path | None:
    return Path(text) if text else None
