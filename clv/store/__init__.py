"""What is kept for good: saved analyses, links to them, who may do what, and what was done.

Data are immutable files named by the hash of their bytes; what they are is said by rows in
SQLite, or in PostgreSQL. The two are never out of step: files first, then the row.
"""

from clv.store.opening import LOCAL, Store, open_store

__all__ = ["LOCAL", "Store", "open_store"]
