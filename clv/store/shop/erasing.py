"""One customer out of the shop database: the row, the orders, their refunds, every line."""

import sqlalchemy as sa

from clv.errors import NoSuchRow, UnreadableDatabase
from clv.schema import CUSTOMER_ID, ORDER_ID, REFUND_OF
from clv.store.shop.database import writing
from clv.store.shop.fields import CUSTOMERS, SALES, TRANSACTIONS
from clv.store.shop.tables import BY_NAME


def erase_customer(database: sa.Engine, customer_id: str) -> dict[str, int]:
    """Delete all that is of a customer; returns rows deleted by table. NoSuchRow without one.

    In SQLite no byte of it stays in the file or its log; PostgreSQL gives up the space of deleted
    rows at its next VACUUM. Other customers' refunds of these orders no longer name them.
    """
    customers, orders, lines = (BY_NAME[table] for table in (CUSTOMERS, TRANSACTIONS, SALES))
    own = sa.select(orders.c[ORDER_ID]).where(orders.c[CUSTOMER_ID] == customer_id)
    freed = sa.update(orders).where(
        orders.c[REFUND_OF].in_(own), orders.c[CUSTOMER_ID] != customer_id
    )
    with writing(database) as connection:
        connection.execute(freed.values({REFUND_OF: None}))
        gone = {
            table.name: connection.execute(
                sa.delete(table).where(table.c[CUSTOMER_ID] == customer_id)
            ).rowcount
            for table in (lines, orders, customers)
        }
        if not gone[CUSTOMERS]:
            raise NoSuchRow(
                f"There is no customer '{customer_id}' in the table customers.", "Check the key."
            )
    _empty_log(database)
    return gone


def _empty_log(database: sa.Engine) -> None:
    """SQLite's log keeps earlier pages until it is written back and cut."""
    if database.dialect.name != "sqlite":
        return
    raw = database.raw_connection()  # outside of any transaction
    try:
        cursor = raw.cursor()
        cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        busy = (cursor.fetchone() or (1,))[0]
    finally:
        raw.close()
    if busy:
        raise UnreadableDatabase(
            "The customer is erased, but another program still reads an older state, which stays "
            "in the log of the database.",
            "Close that program; the log is emptied with the next change after it.",
        )
