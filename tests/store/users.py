"""Users of a store in a process of their own: `python -m tests.store.users WHAT SECONDS ID`.

"saver" saves again and again and says each id once it is saved; "busy" runs five users at a
time who do all that a user does, and says how often, or what went wrong.
"""

import random
import sys
import threading
import time
from dataclasses import replace

from clv.analysis import evaluate
from clv.store import LOCAL, open_store
from clv.store.files import sweep
from clv.store.saved import delete, get, listed, rename, reopen, save

USERS = 5


def saver(id: str) -> None:
    """Save without end; an id on the output is an analysis that lasts."""
    store = open_store()
    analysis = reopen(store, get(store, LOCAL, id))
    for number in range(1, 1_000_000):
        settings = replace(analysis.settings, annual_discount=random.random())
        other = evaluate(analysis.prepared, settings)
        saved = save(store, LOCAL, other, name=f"number {number}")
        print(saved.id, flush=True)
        if number % 5 == 0:
            sweep(store, older_than_hours=0.01)


def busy(seconds: float, id: str) -> None:
    """Five users at once; the output is one line: actions done, longest wait, and the errors."""
    store = open_store()
    analysis = reopen(store, get(store, LOCAL, id))
    errors: list[str] = []
    waits: list[float] = []

    def user(number: int) -> None:
        owner, until = f"user {number}", time.monotonic() + seconds
        while time.monotonic() < until:
            began = time.monotonic()
            try:
                saved = save(store, owner, analysis, name="mine")
                assert get(store, owner, saved.id) in listed(store, owner)
                rename(store, owner, saved.id, "renamed")
                if random.random() < 0.2:
                    reopen(store, saved)
                delete(store, owner, saved.id)
            except Exception as problem:
                errors.append(repr(problem))
            waits.append(time.monotonic() - began)
            time.sleep(0.2 * random.random())

    threads = [threading.Thread(target=user, args=(random.random(),)) for _ in range(USERS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    print(len(waits), round(max(waits), 2), errors[:3], flush=True)


if __name__ == "__main__":
    what, seconds, id = sys.argv[1:]
    saver(id) if what == "saver" else busy(float(seconds), id)
