"""How well the forecast would have done on the shop's own past, and what that allows to rely on."""
