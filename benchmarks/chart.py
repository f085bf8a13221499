"""A picture of bars on a log scale, as SVG that is readable in light and dark.

Enters: groups of labelled figures. Leaves: text of an SVG file.
Must not know: what was measured.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from math import ceil, floor, log10

WIDTH, LEFT, RIGHT = 820, 270, 90
BAR, STEP, HEAD, FOOT = 16, 24, 34, 26

STYLE = """
    text { font: 13px system-ui, -apple-system, "Segoe UI", sans-serif; fill: #1f2328 }
    .title { font-weight: 600 }
    .value, .tick { font-size: 12px; fill: #59636e }
    .own { font-weight: 600 }
    .bar { fill: #9aa4af } .bar.own { fill: #0969da } .bar.floor { fill: #d0d7de }
    .grid { stroke: #d1d9e0; stroke-width: 1 }
    @media (prefers-color-scheme: dark) {
      text { fill: #f0f6fc } .value, .tick { fill: #9198a1 }
      .bar { fill: #656c76 } .bar.own { fill: #4493f8 } .bar.floor { fill: #3d444d }
      .grid { stroke: #3d444d }
    }
"""


@dataclass(frozen=True)
class Bar:
    """One figure; `kind` is "own", "floor" or ""."""

    label: str
    value: float
    text: str
    kind: str = ""


@dataclass(frozen=True)
class Group:
    """Bars below one title, in the order in which they stand."""

    title: str
    bars: Sequence[Bar]


def decades(groups: Sequence[Group]) -> tuple[int, int]:
    """The powers of ten between which all figures lie."""
    values = [bar.value for group in groups for bar in group.bars]
    low, high = floor(log10(min(values))), ceil(log10(max(values)))
    return low, max(high, low + 1)


def picture(groups: Sequence[Group], unit: str, about: str) -> str:
    """The SVG; `unit` stands below the axis, `about` is what is read aloud."""
    low, high = decades(groups)
    scale = (WIDTH - LEFT - RIGHT) / (high - low)
    height = sum(HEAD + STEP * len(group.bars) for group in groups) + FOOT
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" '
        f'width="{WIDTH}" height="{height}" role="img" aria-label="{escape(about)}">',
        f"<title>{escape(about)}</title><style>{STYLE}</style>",
    ]
    for power in range(low, high + 1):
        x = LEFT + (power - low) * scale
        lines.append(f'<path class="grid" d="M{x:.1f} {HEAD - 8}V{height - FOOT + 4}"/>')
        lines.append(
            f'<text class="tick" x="{x:.1f}" y="{height - 8}" text-anchor="middle">'
            f"{_tick(power)}</text>"
        )
    lines.append(f'<text class="tick" x="8" y="{height - 8}">{escape(unit)}, log scale</text>')
    top = 0
    for group in groups:
        lines += _group(group, top, low, scale)
        top += HEAD + STEP * len(group.bars)
    return "\n".join([*lines, "</svg>\n"])


def _group(group: Group, top: int, low: int, scale: float) -> list[str]:
    lines = [f'<text class="title" x="8" y="{top + 20}">{escape(group.title)}</text>']
    for number, bar in enumerate(group.bars):
        y = top + HEAD + STEP * number
        width = max(2.0, (log10(bar.value) - low) * scale)
        own = " own" if bar.kind == "own" else ""
        lines += [
            f'<text class="label{own}" x="{LEFT - 10}" y="{y + 13}" text-anchor="end">'
            f"{escape(bar.label)}</text>",
            f'<rect class="bar {bar.kind}" x="{LEFT}" y="{y}" width="{width:.1f}" '
            f'height="{BAR}" rx="2"/>',
            f'<text class="value{own}" x="{LEFT + width + 6:.1f}" y="{y + 13}">'
            f"{escape(bar.text)}</text>",
        ]
    return lines


def _tick(power: int) -> str:
    for limit, unit in ((9, "s"), (6, "ms"), (3, "µs")):
        if power >= limit:
            return f"{10 ** (power - limit)} {unit}"
    return f"{10**power:g} ns"
