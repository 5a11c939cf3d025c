"""Limits that whoever runs the server may set, read when they are needed."""

import os

from clv.errors import InvalidSettings
from clv.intake.sources import MAX_BYTES


def limit_of(variable: str, default: int) -> int:
    """A whole number from the environment."""
    value = os.environ.get(variable, "").strip()
    if not value:
        return default
    if not value.isdecimal():
        raise InvalidSettings(
            f"{variable} is not a whole number.", "Correct it where the server is started."
        )
    return int(value)


def file_limit() -> int:
    """How many bytes one file may have."""
    return limit_of("CLV_MAX_FILE_BYTES", MAX_BYTES)
