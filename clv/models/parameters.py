"""What every model asks of its parameters."""

from dataclasses import fields
from math import isfinite
from typing import Any

from clv.errors import InvalidSettings


def check_parameters(model: Any) -> None:
    """Raises InvalidSettings unless all parameters are finite and positive."""
    for parameter in fields(model):
        value = getattr(model, parameter.name)
        if not (isfinite(value) and value > 0):
            raise InvalidSettings(
                f"A {model.name} model cannot have {parameter.name} = {value:g}.",
                "All parameters are positive numbers; fit the model to the data again.",
            )
