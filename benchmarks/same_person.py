"""How often proposals for the same person are right, and how many are found: simulated shops.

    python -m benchmarks.same_person                     # 20,000 persons; half a minute
    python -m benchmarks.same_person --persons 800000    # about a million ids

Persons live in households, move, mistype, use a second address, share an e-mail address with
their family, have namesakes, fathers of the same name, and neighbours in one house. Prints, for
each kind of evidence, the pairs proposed, the share that is right, and the share of all true
pairs that it finds.
"""

import argparse
import csv
import random
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import combinations
from pathlib import Path

import clv
from clv.intake.same_person import Candidate, candidates

FIRST = [
    "Anna", "Ben", "Clara", "David", "Emma", "Felix", "Greta", "Hannah", "Ida", "Jan", "Jana",
    "Karl", "Lena", "Lukas", "Marie", "Max", "Nina", "Noah", "Olga", "Paul", "Paula", "Petra",
    "Peter", "Rosa", "Simon", "Simone", "Thomas", "Ute", "Vera", "Walter", "Martin", "Martina",
    "Christian", "Christina", "Julia", "Julian", "Michael", "Michaela", "Stefan", "Stefanie",
    "Andreas", "Andrea", "Sabine", "Sven", "Tim", "Tom", "José", "Zoë", "Björn", "Jürgen",
    "Müşerref", "Łukasz", "Aoife", "Siobhán", "Hans-Peter", "Anna-Lena",
]  # fmt: skip
LAST = [
    "Müller", "Schmidt", "Schneider", "Fischer", "Weber", "Meyer", "Wagner", "Becker", "Schulz",
    "Hoffmann", "Schäfer", "Koch", "Bauer", "Richter", "Klein", "Wolf", "Schröder", "Neumann",
    "Schwarz", "Zimmermann", "Braun", "Krüger", "Hofmann", "Hartmann", "Lange", "Schmitt",
    "Werner", "Schmitz", "Krause", "Meier", "Lehmann", "Schmid", "Schulze", "Maier", "Köhler",
    "Herrmann", "König", "Walter", "Mayer", "Huber", "Kaiser", "Fuchs", "Peters", "Lang",
    "Scholz", "Möller", "Weiß", "Jung", "Hahn", "Schubert", "O'Brien", "García",
]  # fmt: skip
STREETS = [
    "Hauptstraße", "Schulstraße", "Gartenstraße", "Bahnhofstraße", "Dorfstraße", "Bergstraße",
    "Lindenweg", "Birkenweg", "Kirchstraße", "Waldstraße", "Ringstraße", "Amselweg", "Wiesenweg",
    "Feldstraße", "Mühlenweg", "Goethestraße", "Schillerstraße", "Rosenweg", "Mozartstraße",
    "Buchenweg", "Jahnstraße", "Finkenweg", "Poststraße", "Marktplatz",
]  # fmt: skip
HOSTS = [
    "gmail.com", "gmx.de", "web.de", "t-online.de", "outlook.com", "yahoo.com", "icloud.com",
]  # fmt: skip
HEADER = ("person", "id", "order", "date", "amount", "mail", "name", "street", "zip", "phone")
MAPPING = clv.Mapping.from_json(
    """{"columns": {"customer_id": "id", "order_id": "order", "ordered_at": "date",
        "amount": "amount"}, "date_order": "ymd", "decimal": "."}"""
)
CONTACTS = {
    "email": "mail", "name": "name", "street": "street", "postcode": "zip", "phone": "phone",
}  # fmt: skip


@dataclass(frozen=True)
class Person:
    number: int
    first: str
    last: str
    street: str
    postcode: str
    mail: str
    phone: str


def persons(count: int, rng: random.Random, taken: set[str]) -> Iterator[Person]:
    """Households of one to five: one surname mostly, some share an e-mail address or a phone."""
    number = 0
    # Long tails, as names have: without them a million persons would all be namesakes.
    makes = ["berg", "mann", "bach", "stein", "hof", "feld", "thal", "wald"]
    heads = [f"{a}{b}" for a in LAST for b in makes]
    codes = [f"{rng.randrange(1000, 99999):05d}" for _ in range(max(count // 60, 20))]
    while number < count:
        size = rng.choices([1, 2, 3, 4, 5], [45, 30, 12, 10, 3])[0]
        last = rng.choice(LAST) if rng.random() < 0.6 else rng.choice(heads)
        street = f"{rng.choice(STREETS)} {rng.randrange(1, 120)}"
        code = rng.choice(codes)
        landline = _phone(rng)
        together = f"familie.{_ascii(last)}{rng.randrange(9999)}@{rng.choice(HOSTS)}"
        first_names = rng.sample(FIRST, size)  # a household tells its members apart
        if size > 2 and rng.random() < 0.01:
            first_names[2] = first_names[0]  # but for a few named after their father
        for place, first in enumerate(first_names):
            own = last if rng.random() < 0.9 or place == 0 else rng.choice(LAST)
            mail = together if size > 1 and rng.random() < 0.06 else _mail(first, own, rng, taken)
            phone = landline if rng.random() < 0.4 else _phone(rng)
            yield Person(number, first, own, street, code, mail, phone)
            number += 1


def _mail(first: str, last: str, rng: random.Random, taken: set[str]) -> str:
    """An address that nobody else has, but often one like that of a namesake."""
    a, b = _ascii(first), _ascii(last)
    local = rng.choice([f"{a}.{b}", f"{a}{b}", f"{a[0]}.{b}", f"{a}_{b}", f"{b}.{a}"])
    mail, number = f"{local}@{rng.choice(HOSTS)}", 1
    while mail.replace(".", "") in taken:
        number = rng.randrange(number, 4 * number + 3)
        mail = f"{local}{number}@{rng.choice(HOSTS)}"
    taken.add(mail.replace(".", ""))
    return mail


def _phone(rng: random.Random) -> str:
    return f"0{rng.randrange(150, 999)} {rng.randrange(1000000, 99999999)}"


def _ascii(text: str) -> str:
    pairs = {"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss", "é": "e", "í": "i", "ë": "e", "á": "a"}
    plain = "".join(pairs.get(c, c) for c in text.lower())
    return "".join(c for c in plain if "a" <= c <= "z")


def typo(text: str, rng: random.Random) -> str:
    """One slip: a letter left out, doubled, changed, or two turned round."""
    spots = [i for i, c in enumerate(text) if c.isalpha()]
    if len(spots) < 3:
        return text
    i = rng.choice(spots)
    return rng.choice(
        [
            text[:i] + text[i + 1 :],
            text[:i] + text[i] + text[i:],
            text[:i] + rng.choice("aeinrst") + text[i + 1 :],
            text[:i] + text[i + 1 : i + 2] + text[i] + text[i + 2 :],
        ]
    )


def again(person: Person, rng: random.Random, taken: set[str]) -> Person:
    """The same person at a later registration: moved, married, another mailbox."""
    chance = rng.random()
    if chance < 0.15:
        street = f"{rng.choice(STREETS)} {rng.randrange(1, 120)}"
        person = replace(person, street=street, postcode=f"{rng.randrange(1000, 99999):05d}")
    if rng.random() < 0.35:
        person = replace(person, mail=_mail(person.first, person.last, rng, taken))
    if rng.random() < 0.2:
        person = replace(person, phone=_phone(rng))
    if rng.random() < 0.02:
        person = replace(person, last=rng.choice(LAST))
    return person


def written(person: Person, rng: random.Random) -> tuple[str, str, str, str, str]:
    """mail, name, street, zip, phone as somebody types them."""
    name = f"{person.first} {person.last}"
    style = rng.random()
    name = (
        f"{person.last}, {person.first}" if style < 0.06
        else name.upper() if style < 0.1
        else name.lower() if style < 0.15
        else f"{person.first[0]}. {person.last}" if style < 0.17
        else name.replace("ü", "ue").replace("ö", "oe").replace("ß", "ss") if style < 0.3
        else name
    )  # fmt: skip
    street = person.street.replace("straße", rng.choice(["straße", "str.", "strasse", "straße"]))
    name, street = (typo(t, rng) if rng.random() < 0.04 else t for t in (name, street))
    mail = person.mail
    if rng.random() < 0.1:
        mail = rng.choice([mail.title(), mail.upper(), mail + " "])
    elif rng.random() < 0.03 and mail.endswith("@gmail.com"):
        mail = mail.replace("@", "+shop@")
    elif rng.random() < 0.02:
        mail = typo(mail, rng)
    phone = rng.choice([person.phone, "+49" + person.phone[1:], person.phone.replace(" ", "/")])
    blanks = [0.03, 0.0, 0.1, 0.1, 0.5]
    cells = (mail, name, street, person.postcode, phone)
    filled = ["" if rng.random() < b else c for b, c in zip(blanks, cells, strict=True)]
    return filled[0], filled[1], filled[2], filled[3], filled[4]


def rows(count: int, seed: int) -> Iterator[tuple[object, ...]]:
    """One or more ids per person, one or more orders per id."""
    rng, taken = random.Random(seed), set[str]()
    order = 0
    for person in persons(count, rng, taken):
        ids = 1 if rng.random() < 0.8 else rng.choice([2, 2, 2, 3])
        now = person
        for _ in range(ids):
            order += 1
            one = f"C{order:07d}"
            cells = written(now, rng)
            for _ in range(rng.choice([1, 1, 1, 2, 3])):
                order += 1
                spelled = one.lower() if rng.random() < 0.004 else one
                yield (
                    person.number, spelled, order, f"2024-{rng.randrange(1, 13):02d}-03",
                    rng.randrange(5, 200), *cells,
                )  # fmt: skip
            now = again(now, rng, taken)


def simulated(count: int, seed: int, folder: Path) -> tuple[Path, dict[str, int]]:
    """A file of orders, and the person behind every id."""
    truth: dict[str, int] = {}
    path = folder / f"orders-{count}-{seed}.csv"
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(HEADER[1:])
        for person, one, *rest in rows(count, seed):
            truth[str(one)] = int(str(person))
            writer.writerow((one, *rest))
    return path, truth


def pairs_of(found: tuple[Candidate, ...]) -> Iterator[tuple[str, str, str, str]]:
    """sureness, evidence and the two ids of each pair, under the surest group that holds it."""
    seen: set[tuple[str, str]] = set()
    for candidate in found:
        for pair in combinations(candidate.ids, 2):
            if pair not in seen:
                seen.add(pair)
                yield candidate.sureness, candidate.evidence, *pair


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--persons", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--without", nargs="*", default=[], help="kinds of contacts left out")
    parser.add_argument("--wrong", type=int, default=0, help="wrong proposals to print")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        path, truth = simulated(given.persons, given.seed, Path(folder))
        raw = clv.read(path)
    contacts = {kind: column for kind, column in CONTACTS.items() if kind not in given.without}
    start = time.perf_counter()
    found = candidates(raw, MAPPING, contacts, limit=None)
    seconds = time.perf_counter() - start
    people = Counter(truth.values())
    true_pairs = sum(n * (n - 1) // 2 for n in people.values())
    proposed, right = Counter(), Counter()
    shown = 0
    for sureness, evidence, a, b in pairs_of(found):
        for key in ((sureness, ""), (sureness, evidence)):
            proposed[key] += 1
            right[key] += truth[a] == truth[b]
        if truth[a] != truth[b] and sureness != "maybe" and shown < given.wrong:
            shown += 1
            holder = next(c for c in found if a in c.ids and b in c.ids)
            told = dict(zip(holder.ids, holder.examples, strict=True))
            print(holder.sureness, holder.evidence, a, told[a], b, told[b], sep=" | ")
    print(f"{len(truth):,} ids, {raw.rows:,} rows, {true_pairs:,} true pairs, {seconds:.1f} s")
    print(f"{'':8}{'evidence':28}{'pairs':>8}{'right':>9}{'found':>9}")
    for sureness in ("sure", "likely", "maybe"):
        for key in sorted(k for k in proposed if k[0] == sureness):
            share = right[key] / proposed[key]
            print(
                f"{key[0]:8}{key[1] or 'all':28}{proposed[key]:8,}{share:9.2%}"
                f"{right[key] / true_pairs:9.2%}"
            )


if __name__ == "__main__":
    main()
