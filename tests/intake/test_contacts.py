"""Columns with names and addresses of the buyer are found by name and value."""

from pathlib import Path

from clv.intake.contacts import contact_columns
from clv.intake.sources import read


def found(tmp_path: Path, text: str) -> dict[str, str]:
    path = tmp_path / "orders.csv"
    path.write_text(text, encoding="utf-8")
    return contact_columns(read(path))


def test_the_buyer_goes_before_the_parcel(tmp_path: Path, here):
    text = (
        "Ship Name,Ship City,Billing Name,Billing City,Email,Phone,Billing Zip,Billing Street\n"
        "Ada Long,Rome,Bob Short,Bonn,b@x.example,+49 30 123456,53111,Am Hof 1\n"
        "Eve Tall,Riga,Max Wide,Kiel,m@x.example,+49 30 123457,24103,Am Kai 2\n"
    )
    assert found(tmp_path, text) == {
        "email": "Email", "name": "Billing Name", "street": "Billing Street",
        "postcode": "Billing Zip", "city": "Billing City", "phone": "Phone",
    }  # fmt: skip


def test_first_and_last_names_in_other_languages(tmp_path: Path, here):
    text = "Vorname;Nachname;PLZ;Ort;E-Mail-Adresse\nAda;Lang;10115;Berlin;a@x.example\n"
    assert found(tmp_path, text) == {
        "email": "E-Mail-Adresse", "first_name": "Vorname", "last_name": "Nachname",
        "postcode": "PLZ", "city": "Ort",
    }  # fmt: skip


def test_a_product_name_is_no_person(tmp_path: Path, here):
    assert found(tmp_path, "name,sku\nMug 12,A1\nPen 13,A2\nCup 14,A3\n") == {}


def test_user_names_give_way_to_names(tmp_path: Path, here):
    text = "Buyer Username,Buyer Name\nada77,Ada Long\nbobby,Bob Short\n"
    assert found(tmp_path, text)["name"] == "Buyer Name"


def test_a_nameless_column_of_addresses_is_the_email(tmp_path: Path, here):
    assert found(tmp_path, "x,y\na@x.example,1\nb@x.example,2\n") == {"email": "x"}
