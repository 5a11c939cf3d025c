"""Words of the user inside our sentences."""

import pytest

from clv.ui.text import plain


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("orders 2011", "orders 2011"),
        ("![x](http://h/a.png)", r"\!\[x\]\(http\:\/\/h\/a\.png\)".replace(r"\/", "/")),
        ("<img src=x>", r"\<img src=x\>"),
        ("$a$ :red[b] `c` **d**", r"\$a\$ \:red\[b\] \`c\` \*\*d\*\*"),
        ("a\n\n# b", r"a \# b"),
    ],
)
def test_markup_is_shown_and_not_obeyed(text: str, shown: str) -> None:
    assert plain(text) == shown
