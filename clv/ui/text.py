"""Words from the user's file inside our own sentences, without their markup."""

import re

_MARKUP = re.compile(r"([\\`*_{}\[\]()<>#+\-.!|~$:&])")


def plain(text: str) -> str:
    """Text that Markdown shows as it is: no links, images, formulas, colours or icons."""
    return _MARKUP.sub(r"\\\1", " ".join(text.split()))
