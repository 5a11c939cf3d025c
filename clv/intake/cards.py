"""What the rows of a file say about who a customer id is, folded so that it can be compared.

A card is one combination of id, name, e-mail, phone and address as it stands in the file. All of
it is computed in the engine; nothing is compared here.
"""

from collections.abc import Mapping as Dict
from dataclasses import replace
from typing import Any, Final

import ibis
import ibis.expr.types as ir
from ibis.backends.duckdb import Backend

from clv import engine, schema
from clv.intake import values
from clv.intake.casting import known, typed
from clv.intake.mapping import Mapping
from clv.intake.sources import RawTable

ID: Final = "id"
EMAIL, NAME, PHONE, STREET = "email", "name", "phone", "street"
POSTCODE, CITY = "postcode", "city"
FIRST_NAME, LAST_NAME = "first_name", "last_name"
KINDS: Final = (EMAIL, NAME, FIRST_NAME, LAST_NAME, STREET, POSTCODE, CITY, PHONE)
SHOWN: Final = (NAME, EMAIL, STREET, CITY, PHONE)

MOST_SHARED: Final = 5  # ids with one e-mail address or phone number, beyond which it is no one's
MOST_OF_ONE_NAME: Final = 100  # the same where all of them have one name
MOST_NAMES: Final = 6  # of one id, beyond which it is a till or a guest account
_LONGEST: Final = 120  # characters of a cell that are looked at
_BLANKS: Final = rf"[\s{values.SPACES}]+"
_EMAIL: Final = r"^[^@\s]+@[^@\s]+\.[^@\s.]+$"
# Nobody's own address: what a till or a shop program writes when there is none.
_NOBODY: Final = (
    r"^(?:guest|gast|invite|invitado|ospite|no-?reply|none?|unknown|unbekannt|anonymous|anonym"
    r"|customer|kunde|client|cliente|test|example|na|null|noemail|nomail|no|walkin|pos)[0-9._-]*@"
    r"|@(?:[a-z.-]*\.)?(?:example\.(?:com|org|net)|test\.com|localhost|noemail\.[a-z]+"
    r"|[a-z.-]+\.(?:invalid|test|example))$"
)
_GMAIL: Final = r"@(?:gmail|googlemail)\.com$"
_TITLES: Final = (
    r"\b(?:mr|mrs|ms|miss|dr|prof|herr|frau|hr|fr|mme|mlle|monsieur|madame|sr|sra|sig|dhr|mevr)\b"
)
_LETTERS: Final = (
    ("ß", "ss"), ("æ", "ae"), ("œ", "oe"), ("ø", "o"), ("ł", "l"), ("đ", "d"), ("ı", "i"),
)  # fmt: skip
# Müller is written Mueller and Muller as well.
_DIGRAPHS: Final = (("ae", "a"), ("oe", "o"), ("ue", "u"))
_WAYS: Final = (
    (r"(?:strasse|street|str|st)\b", "st"),
    (r"\b(?:avenue|avenida|ave|av)\b", "av"),
    (r"\b(?:road|rd)\b", "rd"),
    (r"\b(?:boulevard|blvd|bd)\b", "bd"),
    (r"\b(?:drive|dr)\b", "dr"),
    (r"\b(?:lane|ln)\b", "ln"),
)
_FOLDED: Final = (
    "id_key", "zeros_key", EMAIL, "mailbox", PHONE, NAME, "sorted_name", STREET, "numbers", "place",
)  # fmt: skip


def contact_lines(raw: RawTable, mapping: Mapping, contacts: Dict[str, str]) -> ir.Table:
    """The rows of the file with what they say about the customer, on a connection of its own.

    Returns row_number, id (as `casting.identifier` cleans it; NULL where it is blank), order,
    ordered_at, amount and a column of text for each of KINDS, NULL where there is none.
    """
    connection = engine.connect()
    extra = tuple(dict.fromkeys(contacts[kind] for kind in KINDS if kind in contacts))
    rows = typed(raw.table(connection), raw, replace(mapping, attributes=extra))
    cells = {
        kind: known(rows[raw.key(contacts[kind])]).left(_LONGEST)
        if kind in contacts
        else ibis.null("string")
        for kind in KINDS
    }
    # Who is known by an e-mail address or a name needs no column for it.
    cells[EMAIL] = ibis.coalesce(cells[EMAIL], _if(rows.customer_id, _EMAIL))
    named = ibis.coalesce(cells[NAME], _joined(cells[FIRST_NAME], cells[LAST_NAME]))
    cells[NAME] = ibis.coalesce(named, _if(rows.customer_id, r"^[^0-9@]+[ ,][^0-9@]+$"))
    lines = rows.select(
        row_number=rows[schema.ROW_NUMBER],
        id=rows.customer_id,
        order=ibis.coalesce(rows.order_id, rows.ordered_at.strftime("%Y-%m-%d")),
        ordered_at=rows.ordered_at,
        amount=rows.amount,
        **cells,
    )
    return connection.create_table("contact_lines", lines, temp=True)


def cards(connection: Backend, lines: ir.Table) -> ir.Table:
    """One row per id and what goes with it, folded; ids with very many names are no persons.

    Returns card (a number), id, id_key, zeros_key, email, mailbox, phone, name, sorted_name,
    street, numbers (those of the address), place; NULL where there is nothing to compare.
    """
    seen = lines.filter(lines.id.notnull()).select(ID, *KINDS).distinct()
    folded = _folded(seen).select(ID, *_FOLDED).distinct()
    names = folded.group_by(ID).aggregate(names=folded.sorted_name.nunique())
    people = folded.semi_join(names.filter(names.names <= MOST_NAMES), ID)
    people = _without_crowd(_without_crowd(people, "mailbox", EMAIL), PHONE)
    numbered = people.mutate(card=ibis.row_number().over(order_by=[ID, *_FOLDED]))
    return connection.create_table("cards", numbered, temp=True)


def _without_crowd(table: ir.Table, key: str, *more: str) -> ir.Table:
    """NULL in `key` (and `more`) where too many ids share its value to say who anybody is."""
    sizes = table.group_by(key).aggregate(
        ids=table.id.nunique(),
        names=table.sorted_name.nunique(),
    )
    one_name = (sizes.names == 1) & (sizes.ids <= MOST_OF_ONE_NAME)
    crowds = sizes.filter(sizes.ids > MOST_SHARED, ~one_name).select(crowd=key)
    joined = table.left_join(crowds, table[key] == crowds.crowd)
    nulled = {k: joined.crowd.isnull().ifelse(joined[k], ibis.null("string")) for k in (key, *more)}
    return joined.mutate(**nulled).drop("crowd")


def email_key(text: Any) -> Any:
    """An e-mail address as it is compared: small letters, no blanks; NULL where it is nobody's."""
    bare = text.lower().re_replace(_BLANKS, "").re_replace(r"^mailto:|[<>\"']", "")
    fits = bare.re_search(_EMAIL) & ~bare.re_search(_NOBODY)
    return ibis.ifelse(fits, bare, ibis.null("string"))


def name_key(text: Any) -> Any:
    """A name as it is compared: plain small letters, titles left out, its words sorted."""
    return _sorted(_name(text))


def _folded(table: ir.Table) -> ir.Table:
    id_key = table.id.lower().re_replace(_BLANKS, "").re_replace(r"^([0-9]+)\.0+$", r"\1")
    table = table.mutate(
        id_key=id_key,
        zeros_key=id_key.re_replace(r"^0+([0-9a-z])", r"\1"),
        email=email_key(table[EMAIL]),
        phone=_phone(table[PHONE]),
        name=_name(table[NAME]),
        street=_plain(table[STREET]),
        place=ibis.coalesce(_postcode(table[POSTCODE]), _words(table[CITY])),
    )
    return table.mutate(
        mailbox=_mailbox(table.email),
        sorted_name=_sorted(table.name),
        street=_words(_ways(table.street)).nullif(""),
        numbers=_sorted(table.street.re_replace(r"[^0-9]+", " ").strip()).nullif(""),
    )


def _plain(text: Any) -> Any:
    text = text.lower()
    for letter, plain in _LETTERS:
        text = text.replace(letter, plain)
    text = text.replace("ä", "a").replace("ö", "o").replace("ü", "u")
    text = engine.without_accents(text).re_replace(r"['’`´.]", "")
    for pair, letter in _DIGRAPHS:
        text = text.replace(pair, letter)
    return text


def _name(text: Any) -> Any:
    spaced = _plain(text).re_replace(r"[^\p{L}]+", " ").re_replace(_TITLES, " ")
    return spaced.re_replace(" +", " ").strip().nullif("")


def _words(text: Any) -> Any:
    return _plain(text).re_replace(r"[^\p{L}]+", "").nullif("")


def _ways(text: Any) -> Any:
    for written, short in _WAYS:
        text = text.re_replace(written, short)
    return text


def _sorted(text: Any) -> Any:
    return text.split(" ").sort().join(" ")


def _mailbox(email: Any) -> Any:
    """Without a tag after a plus; at Gmail dots do not count either."""
    whose, where = email.re_extract(r"^([^@+]+)", 1), email.re_extract("(@.*)$", 1)
    at_gmail = email.re_search(_GMAIL)
    return ibis.ifelse(at_gmail, whose.replace(".", "") + "@gmail.com", whose + where)


def _phone(text: Any) -> Any:
    """The last nine digits, which are the same with and without the country's code."""
    digits = text.re_replace("[^0-9]", "")
    varied = digits.replace(digits.left(1), "").length() >= 3
    real = (digits.length() >= 7) & varied & ~digits.re_search("^0?123456")
    return ibis.ifelse(real, digits.right(9), ibis.null("string"))


def _postcode(text: Any) -> Any:
    bare = text.upper().re_replace("[^0-9A-Z]", "").re_replace("^([0-9]{5})[0-9]{4}$", r"\1")
    return bare.nullif("")


def _joined(first: Any, last: Any) -> Any:
    return (first.fill_null("") + " " + last.fill_null("")).strip().nullif("")


def _if(text: Any, pattern: str) -> Any:
    return ibis.ifelse(text.re_search(pattern), text, ibis.null("string"))
