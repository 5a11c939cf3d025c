"""Customer lists in the layouts that mail programs and advertising platforms take.

Headers as the platforms document them: Klaviyo and Mailchimp know a person by "Email Address";
Meta takes "email", "phone" and "value"; Google takes "Email" and "Phone". Advertising platforms
get SHA-256 only, never an address. No column holds free text of the user's file.
"""

import hashlib
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

from clv import schema

Layout = Literal["Klaviyo", "Mailchimp", "Meta", "Google"]
LAYOUTS: Final[tuple[Layout, ...]] = ("Klaviyo", "Mailchimp", "Meta", "Google")
HASHED: Final[tuple[Layout, ...]] = ("Meta", "Google")

# Begins and ends with a letter or digit, so that no spreadsheet takes it for a formula.
_EMAIL: Final = re.compile(
    r"[a-z0-9_](?:[a-z0-9._%+'-]*[a-z0-9_+-])?@(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)+[a-z]{2,24}"
)
_LONGEST: Final = 254
_PHONE_NAME: Final = re.compile(r"(?:^|[^a-z])(?:phone|telephone|mobile|tel|telefon|handy)", re.I)
_DIGITS: Final = (8, 15)  # of an international number; fewer cannot have a country code
_SAMPLE: Final = 2_000
MOSTLY: Final = 0.5  # of the filled values are e-mail addresses, where a column holds them

# Properties and merge fields for mail programs: column of ours -> header.
FIELDS: Final[Mapping[str, str]] = {
    schema.SEGMENT: "Segment",
    schema.TIER: "Value tier",
    schema.CUSTOMER_STATUS: "Customer status",
    schema.PREDICTED_CLV: "Predicted CLV",
    schema.HISTORIC_VALUE: "Historic value",
    schema.P_ALIVE: "P alive",
    schema.ORDERS: "Orders",
    schema.LAST_ORDER: "Last order",
    schema.NEXT_ORDER_DATE: "Next order",
}


@dataclass(frozen=True)
class Audience:
    """A list in the layout of a platform, and who is not in it.

    without_email: customers without a valid address; repeated: customers whose address stands
    further up already.
    """

    frame: pd.DataFrame
    without_email: int
    repeated: int


def normal_email(text: object) -> str:
    """Trimmed and in lower case, as platforms hash it; "" where it is no address."""
    if not isinstance(text, str):
        return ""
    plain = text.strip().lower()
    return plain if len(plain) <= _LONGEST and _EMAIL.fullmatch(plain) else ""


def normal_phone(text: object) -> str:
    """The number in E.164: "+491701234567"; "" where it has no country code.

    Only numbers that begin with + or 00 say their country; it is not guessed for others.
    """
    if not isinstance(text, str):
        return ""
    kept = re.sub(r"\(0\)|[^0-9+]", "", text.strip())
    if kept.startswith("00"):
        kept = "+" + kept[2:]
    digits = kept[1:]
    fits = kept.startswith("+") and digits.isdigit() and not digits.startswith("0")
    return kept if fits and _DIGITS[0] <= len(digits) <= _DIGITS[1] else ""


def hashed(text: str) -> str:
    """SHA-256 of the text as 64 digits; "" of nothing."""
    return hashlib.sha256(text.encode()).hexdigest() if text else ""


def email_column(customers: pd.DataFrame) -> str | None:
    """The column that holds e-mail addresses: the customer id, or an attribute; None without."""
    names = [str(name) for name in customers.columns]
    texts = [name for name in names if not pd.api.types.is_numeric_dtype(customers[name])]
    first = [schema.CUSTOMER_ID] if schema.CUSTOMER_ID in texts else []
    return next((c for c in (*first, *texts) if _mostly(customers[c], normal_email)), None)


def phone_column(customers: pd.DataFrame) -> str | None:
    """The attribute that is named like a telephone number and has some with a country code."""
    named = [str(name) for name in customers.columns if _PHONE_NAME.search(str(name))]
    return next((c for c in named if customers[c].head(_SAMPLE).map(normal_phone).any()), None)


def audience(
    customers: pd.DataFrame, layout: Layout, email: str, phone: str | None = None
) -> Audience:
    """The customers (columns of `Analysis.customers`) as a platform takes them, in their order."""
    emails = customers[email].map(normal_email)
    valid = (emails != "").to_numpy()
    repeated = valid & emails.duplicated().to_numpy()
    kept, emails = customers[valid & ~repeated], emails[valid & ~repeated]
    frame = _mail(kept, emails) if layout not in HASHED else _ads(kept, emails, layout, phone)
    return Audience(frame.reset_index(drop=True), int((~valid).sum()), int(repeated.sum()))


def _mail(kept: pd.DataFrame, emails: pd.Series) -> pd.DataFrame:
    """The address and what is known of the person, to write to them by it."""
    fields = {
        header: kept[column].to_numpy() for column, header in FIELDS.items() if column in kept
    }
    frame = pd.DataFrame({"Email Address": emails.to_numpy(), **fields})
    return frame.round(dict.fromkeys(frame.select_dtypes("float").columns, 4))


def _ads(kept: pd.DataFrame, emails: pd.Series, layout: Layout, phone: str | None) -> pd.DataFrame:
    """Hashes only; Meta also takes what a person is worth, to look for people like the best."""
    meta = layout == "Meta"
    columns: dict[str, npt.NDArray[np.object_] | pd.Series] = {
        "email" if meta else "Email": emails.map(hashed).to_numpy()
    }
    if phone is not None:
        numbers = kept[phone].map(normal_phone)
        # Google hashes E.164 with its plus, Meta the digits alone.
        plain = numbers.str.lstrip("+") if meta else numbers
        columns["phone" if meta else "Phone"] = plain.map(hashed).to_numpy()
    if meta:
        value = kept.get(schema.PREDICTED_CLV)
        if value is None or value.isna().all():
            value = kept[schema.HISTORIC_VALUE]
        columns["value"] = value.clip(lower=0).round(2).to_numpy()
    return pd.DataFrame(columns)


def _mostly(values: pd.Series, normal: Callable[[object], str]) -> bool:
    filled = values.dropna().astype(str)
    some = filled[filled.str.strip() != ""].head(_SAMPLE)
    return len(some) > 0 and float((some.map(normal) != "").mean()) >= MOSTLY
