"""Lists for platforms: normalised, hashed, and without anyone who cannot be reached."""

import hashlib

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clv.audiences import (
    HASHED,
    LAYOUTS,
    audience,
    email_column,
    hashed,
    normal_email,
    normal_phone,
    phone_column,
)
from clv.exports import to_csv

# Known digests, by other tools.
TEST_MAIL = "973dfe463ec85785f5f95af5ba3906eedb2d931c24e69824a89ea65dba4e813b"  # test@example.com
NOTHING = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"  # the empty text


def customers() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "customer_id": [
                " Test@Example.com ",
                "ann@shop.example",
                "007",
                "ANN@shop.example",
                "",
            ],
            "Phone": ["+49 (0)170 123-4567", "0170 1234567", "+1 650 253 0000", "", None],
            "segment": ["Champions", "Loyal", "Lost", "New", "Lost"],
            "predicted_clv": [12.341, -1.0, 3.0, 4.0, 5.0],
            "historic_value": [1.0, 2.0, 3.0, 4.0, 5.0],
            "p_alive": [0.98768, 0.5, 0.1, 0.9, 0.2],
            "last_order": pd.to_datetime(["2024-01-05"] * 5),
            "channel": ["=HYPERLINK(1)"] * 5,
        }
    )


def test_sha_256_is_that_of_known_texts() -> None:
    assert hashed("test@example.com") == TEST_MAIL
    assert hashed("") == ""
    assert hashlib.sha256(b"").hexdigest() == NOTHING


@given(st.text(min_size=1))
def test_sha_256_is_that_of_the_library(text: str) -> None:
    text = text.encode("utf-8", "ignore").decode()
    assert hashed(text) == (hashlib.sha256(text.encode()).hexdigest() if text else "")


@pytest.mark.parametrize(
    ("text", "normal"),
    [
        (" Test@Example.COM\n", "test@example.com"),
        ("a.b+c@mail.shop.co.uk", "a.b+c@mail.shop.co.uk"),
        ("no-at.example.com", ""),
        ("two@at@example.com", ""),
        ("a b@example.com", ""),
        ("=cmd@example.com", ""),
        ("+1@example.com", ""),
        ("a@localhost", ""),
        ("a@-x.com", ""),
        ("a.@example.com", ""),
        ("", ""),
        (None, ""),
        (17, ""),
        ("a@example.com, b@example.com", ""),
    ],
)
def test_an_address_is_trimmed_and_lower_case_or_none(text: object, normal: str) -> None:
    assert normal_email(text) == normal


@pytest.mark.parametrize(
    ("text", "normal"),
    [
        ("+49 170 1234567", "+491701234567"),
        ("0049-170-1234567", "+491701234567"),
        ("+49 (0)170 1234567", "+491701234567"),
        ("+1 (650) 253-0000", "+16502530000"),
        ("0170 1234567", ""),  # the country is not said, and not guessed
        ("650-253-0000", ""),
        ("+123", ""),
        ("+1234567890123456", ""),
        ("1+2+345678901", ""),
        (None, ""),
    ],
)
def test_a_number_is_e_164_or_none(text: object, normal: str) -> None:
    assert normal_phone(text) == normal


def test_who_has_no_address_or_one_that_stands_above_is_left_out_and_counted() -> None:
    for layout in LAYOUTS:
        found = audience(customers(), layout, "customer_id", "Phone")
        assert len(found.frame) == 2
        assert (found.without_email, found.repeated) == (2, 1)


def test_meta_takes_hashes_of_digits_and_the_value() -> None:
    frame = audience(customers(), "Meta", "customer_id", "Phone").frame
    assert list(frame) == ["email", "phone", "value"]
    digits = hashlib.sha256(b"491701234567").hexdigest()
    assert frame.to_numpy().tolist() == [
        [TEST_MAIL, digits, 12.34],
        [hashlib.sha256(b"ann@shop.example").hexdigest(), "", 0.0],
    ]


def test_google_takes_hashes_of_e_164() -> None:
    frame = audience(customers(), "Google", "customer_id", "Phone").frame
    assert list(frame) == ["Email", "Phone"]
    assert frame["Phone"].tolist() == [hashlib.sha256(b"+491701234567").hexdigest(), ""]
    assert list(audience(customers(), "Google", "customer_id").frame) == ["Email"]


@pytest.mark.parametrize("layout", HASHED)
def test_no_address_and_no_number_is_in_a_hashed_list(layout) -> None:
    text = to_csv(audience(customers(), layout, "customer_id", "Phone").frame, machine=True)
    assert b"@" not in text
    assert b"example" not in text.lower()
    assert b"1234567" not in text


@pytest.mark.parametrize("layout", ["Klaviyo", "Mailchimp"])
def test_mail_programs_take_the_address_and_what_is_known_of_the_person(layout) -> None:
    frame = audience(customers(), layout, "customer_id").frame
    assert frame["Email Address"].tolist() == ["test@example.com", "ann@shop.example"]
    assert frame["Segment"].tolist() == ["Champions", "Loyal"]
    assert frame["P alive"].tolist() == [0.9877, 0.5]
    assert b"HYPERLINK" not in to_csv(frame, machine=True)  # no free text of the file


def test_the_address_may_stand_in_another_column() -> None:
    frame = customers().assign(contact=["a@b.example", "c@d.example", None, "", "x"])
    assert email_column(frame) == "customer_id"
    assert email_column(frame.assign(customer_id=["1", "2", "3", "4", "5"])) == "contact"
    assert email_column(frame[["segment", "channel", "p_alive"]]) is None


def test_the_number_stands_in_a_column_that_is_called_so() -> None:
    assert phone_column(customers()) == "Phone"
    assert phone_column(customers().assign(Phone="0170 1234567")) is None
    assert phone_column(customers().rename(columns={"Phone": "hotel"})) is None
    assert phone_column(customers().rename(columns={"Phone": "billing_telephone"})) is not None


def test_without_a_model_meta_gets_the_historic_value() -> None:
    frame = customers().assign(predicted_clv=float("nan"))
    assert audience(frame, "Meta", "customer_id").frame["value"].tolist() == [1.0, 2.0]
