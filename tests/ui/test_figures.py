"""How figures are written."""

import pytest

from clv.ui.figures import significant


@pytest.mark.parametrize(
    ("value", "digits", "written"),
    [
        (200.04, 2, "200"),
        (248.83, 4, "248.8"),
        (12345.6, 4, "12,350"),
        (1_234_567.0, 2, "1,200,000"),
        (0.060281, 4, "0.06028"),
        (0.05, 2, "0.05"),
        (0.1 + 0.2, 2, "0.3"),
        (float("inf"), 2, "inf"),
    ],
)
def test_numbers_keep_their_digits_and_have_no_exponent(
    value: float, digits: int, written: str
) -> None:
    assert significant(value, digits) == written
