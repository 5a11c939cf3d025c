"""An analysis without persons: other names in the place of ids, and no columns that tell of people.

Every figure is that of the whole analysis. Customers stand in the order of their new names, so
that a place in a list tells nothing about an id.
"""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from clv import engine, schema
from clv.intake.contacts import tells_of_people
from clv.intake.shop import Shop
from clv.store.frozen import CONTENDERS, HOLDOUT, SUMMARY
from clv.store.keys import Pseudonyms, fingerprint
from clv.store.opening import Store

FORMAT: Final = 1
MOSTLY_OWN: Final = 0.5  # a text that this share of customers have to themselves tells who they are
FEW: Final = 20  # customers, below which that says nothing
HIDDEN: Final = "(hidden)"


@dataclass(frozen=True)
class Mask:
    """What a link without personal columns puts over an analysis. See `clv.store.frozen.thaw`.

    key: the same for the same pseudonyms, and only for them.
    """

    pseudonyms: Pseudonyms
    key: str

    @classmethod
    def of(cls, store: Store) -> "Mask":
        """The mask with the pseudonyms of a store."""
        return cls(Pseudonyms(store), fingerprint(store))

    def frames(self, frames: dict[str, pd.DataFrame]) -> dict[str, pd.DataFrame]:
        """The frames of an analysis, without personal columns and in another order."""
        summary = self._masked(frames[SUMMARY])
        own = [name for name in summary.columns if _is_personal(name, summary[name])]
        found = {**frames, SUMMARY: summary.drop(columns=own)}
        if HOLDOUT in frames:
            names = frames[HOLDOUT][schema.CUSTOMER_ID].map(self.pseudonyms)
            order = np.argsort(names.to_numpy(dtype=object), kind="stable")
            found[HOLDOUT] = self._masked(frames[HOLDOUT])
            found[CONTENDERS] = frames[CONTENDERS].iloc[order].reset_index(drop=True)
        return found

    def shop(self, shop: Shop, kept: list[str]) -> Shop:
        """The shop with rows of its own; kept: the columns of the masked summary."""
        source = shop.transactions_path or shop.customers_path
        assert source is not None, "a shop has transactions or customers"
        attributes = tuple(pair for pair in shop.attributes if self._stays(pair, source, kept))
        gone = tuple(key for label, key in shop.attributes if (label, key) not in attributes)
        rows = self._rows(source, gone)
        ledger = replace(
            shop.ledger,
            rejected_path=self._hidden(shop.ledger.rejected_path, ("value",)),
            changes_path=self._hidden(shop.ledger.changes_path, ("old", "new")),
        )
        return replace(
            shop,
            attributes=attributes,
            transactions_path=None if shop.by_customer else rows,
            customers_path=rows if shop.by_customer else None,
            ledger=ledger,
            edition=f"{shop.edition}-{self.key}",
        )

    def _masked(self, frame: pd.DataFrame) -> pd.DataFrame:
        names = frame[schema.CUSTOMER_ID].map(self.pseudonyms)
        masked = frame.assign(**{schema.CUSTOMER_ID: names.astype(frame[schema.CUSTOMER_ID].dtype)})
        return masked.sort_values(schema.CUSTOMER_ID, kind="stable").reset_index(drop=True)

    def _stays(self, pair: tuple[str, str], source: Path, kept: list[str]) -> bool:
        """Whether a further column may be seen: on the customers, or on the lines alone."""
        label, key = pair
        if label in kept or f"{label} (file)" in kept:
            return True
        frame = pq.read_table(source, columns=[schema.CUSTOMER_ID, key]).to_pandas()
        return not _is_personal(label, frame.drop_duplicates()[key])

    def _rows(self, source: Path, gone: tuple[str, ...]) -> Path:
        target = engine.content_name("transactions", "masked", FORMAT, source.name, self.key, gone)
        if not target.exists():
            table = pq.read_table(source)
            place = table.schema.get_field_index(schema.CUSTOMER_ID)
            ids = table.column(place).combine_chunks().dictionary_encode()
            names = pa.array([self.pseudonyms(id) for id in ids.dictionary.to_pylist()])
            table = table.set_column(place, table.schema.field(place), names.take(ids.indices))
            table = table.drop_columns([key for key in gone if key in table.column_names])
            by = [
                name
                for name in (schema.CUSTOMER_ID, schema.ORDERED_AT)
                if name in table.column_names
            ]
            table = table.sort_by([(name, "ascending") for name in by])
            if schema.ROW_NUMBER in table.column_names:
                place = table.schema.get_field_index(schema.ROW_NUMBER)
                numbers = pa.array(np.arange(1, len(table) + 1))
                table = table.set_column(place, table.schema.field(place), numbers)
            _write(table, target)
        engine.touch(target)
        return target

    def _hidden(self, source: Path, columns: tuple[str, ...]) -> Path:
        """A ledger that says what was done and not to which values."""
        target = engine.content_name("rejected", "masked", FORMAT, source.name, columns)
        if not target.exists():
            table = pq.read_table(source)
            for name in columns:
                place = table.schema.get_field_index(name)
                empty = pc.is_null(table.column(place))
                hidden = pc.if_else(empty, pa.scalar(None, pa.string()), pa.scalar(HIDDEN))
                table = table.set_column(place, table.schema.field(place), hidden)
            _write(table, target)
        engine.touch(target)
        return target


def _is_personal(name: str, values: pd.Series) -> bool:
    """Whether a further column speaks of persons: by its name, or for hardly two share a value."""
    if name in schema.CUSTOMER_COLUMNS or not pd.api.types.is_string_dtype(values):
        return False
    filled = values.dropna()
    own = len(filled) >= FEW and filled.nunique() > MOSTLY_OWN * len(filled)
    return tells_of_people(name) or own


def _write(table: pa.Table, target: Path) -> None:
    partial = target.with_name(f".{target.name}.{id(table)}.partial")
    try:
        pq.write_table(table, partial, compression="zstd")
        engine.publish(partial, target)
    finally:
        partial.unlink(missing_ok=True)
