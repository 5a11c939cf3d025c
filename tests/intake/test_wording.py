"""Numbers in sentences."""

import pytest

from clv.intake.wording import counted, percent, rounded, verb


@pytest.mark.parametrize(
    ("number", "digits", "written"),
    [(54818.5, 0, "54,819"), (54817.5, 0, "54,818"), (0.125, 2, "0.13"), (-0.5, 0, "-1"),
     (-0.2, 0, "0"), (12, 2, "12.00"), (3.349, 1, "3.3"), (float("inf"), 1, "inf"),
     (float("nan"), 0, "nan"), (2.0**100, 1, "1,267,650,600,228,229,401,496,703,205,376.0")],
)  # fmt: skip
def test_numbers_are_rounded_as_the_tables_of_a_browser_do(number, digits, written):
    assert rounded(number, digits) == written


@pytest.mark.parametrize(
    ("share", "digits", "written"),
    [(0.4, 0, "40\xa0%"), (0.125, 0, "13\xa0%"), (-0.0004, 1, "0.0\xa0%"),
     (12.5, 1, "1,250.0\xa0%")],
)  # fmt: skip
def test_a_share_is_a_percentage_that_no_line_break_takes_apart(share, digits, written):
    assert percent(share, digits) == written


def test_one_is_not_many():
    assert [counted(n, "row") for n in (0, 1, 2500)] == ["0 rows", "1 row", "2,500 rows"]
    assert counted(2, "e-mail address", "es") == "2 e-mail addresses"
    assert [verb(n, "is", "are") for n in (0, 1, 2)] == ["are", "is", "are"]
