"""The palettes of both themes."""

import tomllib
from itertools import combinations
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
THEME = tomllib.loads((ROOT / ".streamlit" / "config.toml").read_text())["theme"]

# Machado, Oliveira and Fernandes (2009), full severity, on linear RGB.
SIGHT = {
    "normal": ((1, 0, 0), (0, 1, 0), (0, 0, 1)),
    "protan": ((0.152, 1.053, -0.205), (0.115, 0.786, 0.099), (-0.004, -0.048, 1.052)),
    "deutan": ((0.367, 0.861, -0.228), (0.280, 0.673, 0.047), (-0.012, 0.043, 0.969)),
    "tritan": ((1.256, -0.077, -0.179), (-0.078, 0.931, 0.148), (0.005, 0.691, 0.304)),
}


def linear(color: str) -> list[float]:
    parts = [int(color[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    return [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]


def contrast(one: str, other: str) -> float:
    def luminance(color: str) -> float:
        return sum(w * p for w, p in zip((0.2126, 0.7152, 0.0722), linear(color), strict=True))

    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


def oklab(color: str, sight: str) -> list[float]:
    seen = [
        min(max(sum(m * c for m, c in zip(row, linear(color), strict=True)), 0), 1)
        for row in SIGHT[sight]
    ]
    r, g, b = seen
    cones = (
        (0.4122 * r + 0.5363 * g + 0.0514 * b) ** (1 / 3),
        (0.2119 * r + 0.6807 * g + 0.1074 * b) ** (1 / 3),
        (0.0883 * r + 0.2817 * g + 0.6300 * b) ** (1 / 3),
    )
    rows = ((0.2105, 0.7936, -0.0041), (1.9780, -2.4286, 0.4506), (0.0259, 0.7828, -0.8087))
    return [sum(w * c for w, c in zip(row, cones, strict=True)) for row in rows]


@pytest.mark.parametrize("mode", ["light", "dark"])
def test_palettes_have_the_lengths_that_charts_need(mode: str) -> None:
    assert len(THEME[mode]["chartCategoricalColors"]) == 8
    assert len(THEME[mode]["chartSequentialColors"]) == 10
    assert len(THEME[mode]["chartDivergingColors"]) == 10


@pytest.mark.parametrize("mode", ["light", "dark"])
def test_every_category_stands_out_from_the_background(mode: str) -> None:
    background = THEME[mode]["backgroundColor"]
    assert all(contrast(c, background) >= 3 for c in THEME[mode]["chartCategoricalColors"])
    assert contrast(THEME[mode]["textColor"], background) >= 7
    assert contrast(THEME[mode]["linkColor"], background) >= 4.5


@pytest.mark.parametrize("sight", SIGHT)
@pytest.mark.parametrize("mode", ["light", "dark"])
def test_categories_stay_apart_for_colour_blind_eyes(mode: str, sight: str) -> None:
    seen = [oklab(color, sight) for color in THEME[mode]["chartCategoricalColors"]]
    closest = min(
        sum((a - b) ** 2 for a, b in zip(*pair, strict=True)) ** 0.5
        for pair in combinations(seen, 2)
    )
    assert closest > 0.09  # about 0.02 is just noticeable


@pytest.mark.parametrize("mode", ["light", "dark"])
def test_the_sequential_scale_moves_away_from_the_background(mode: str) -> None:
    background = THEME[mode]["backgroundColor"]
    steps = [contrast(color, background) for color in THEME[mode]["chartSequentialColors"]]
    assert steps == sorted(steps)
    assert steps[-1] / steps[0] > 5
