"""Caches of what is looked for in a file and a shop: unusual lines, the same person."""

from typing import Final

import streamlit as st

from clv.intake.contacts import contact_columns
from clv.intake.kinds import CreditKind, credit_kinds
from clv.intake.mapping import Mapping
from clv.intake.outliers import Unusual, unusual
from clv.intake.same_person import Candidate, candidates
from clv.intake.shop import Shop
from clv.intake.sources import RawTable
from clv.intake.statuses import Status, statuses

LIFE: Final = "12h"


def unusual_of(shop: Shop) -> Unusual:
    """Lines and accounts far beyond the rest."""
    return _unusual(shop.key, shop)


def contacts_of(raw: RawTable) -> dict[str, str]:
    """Columns that say who a customer is and where."""
    return _contacts(raw.path.name, raw)


def people_of(raw: RawTable, mapping: Mapping) -> tuple[Candidate, ...]:
    """Ids that may be one person."""
    return _people((raw.path.name, mapping.to_json()), raw, mapping)


def statuses_of(raw: RawTable, column: str) -> tuple[Status, ...]:
    """The values of the column that holds the status of orders."""
    return _statuses((raw.path.name, column), raw)


def credits_of(raw: RawTable, mapping: Mapping) -> tuple[CreditKind, ...]:
    """Kinds of rows that sound like refunds."""
    return _credits((raw.path.name, mapping.columns), raw, mapping)


@st.cache_resource(max_entries=8, ttl=LIFE, show_spinner=False)
def _credits(key: tuple[object, ...], _raw: RawTable, _mapping: Mapping) -> tuple[CreditKind, ...]:
    return credit_kinds(_raw, _mapping)


@st.cache_resource(max_entries=8, ttl=LIFE, show_spinner="Looking for unusual lines ...")
def _unusual(key: str, _shop: Shop) -> Unusual:
    return unusual(_shop)


@st.cache_resource(max_entries=8, ttl=LIFE, show_spinner=False)
def _contacts(key: str, _raw: RawTable) -> dict[str, str]:
    return contact_columns(_raw)


@st.cache_resource(max_entries=8, ttl=LIFE, show_spinner="Comparing customers ...")
def _people(key: tuple[str, str], _raw: RawTable, _mapping: Mapping) -> tuple[Candidate, ...]:
    return candidates(_raw, _mapping, contacts_of(_raw))


@st.cache_resource(max_entries=16, ttl=LIFE, show_spinner=False)
def _statuses(key: tuple[str, str], _raw: RawTable) -> tuple[Status, ...]:
    return statuses(_raw, key[1])
