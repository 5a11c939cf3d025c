"""Numbers with their nouns."""


def counted(number: int, noun: str) -> str:
    """A number with its noun: "1 line", "2,500 lines"."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
