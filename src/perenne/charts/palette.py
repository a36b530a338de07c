"""Colours by role, for light and dark surfaces and for paper.

Each mark carries its light colour as an attribute, for viewers without style sheets, and a class
by which `stylesheet()` recolours it. The series colours stay apart under the common colour vision
deficiencies and reach 3:1 on their surface; words reach 4.5:1 (WCAG 2.2, 1.4.3 and 1.4.11).
"""

from __future__ import annotations

from typing import Final

SERIES: Final = tuple(f"chart-{n}" for n in range(1, 7))
RAMP: Final = tuple(f"ramp-{n}" for n in range(6))
HEAT_STEPS: Final = 9

LIGHT: Final[dict[str, str]] = {
    "surface": "#ffffff",
    "ink": "#1b2430",
    "ink-soft": "#566173",
    "grid": "#e3e7ed",
    "axis": "#8b95a5",
    "band": "#e2efe8",
    "muted": "#8b95a5",
    "alert": "#b3400a",
    "good": "#0a7153",
    "chart-1": "#1f5fae",
    "chart-2": "#d9660f",
    "chart-3": "#279e84",
    "chart-4": "#b772e0",
    "chart-5": "#6f5208",
    "chart-6": "#363b3f",
    "ramp-0": "#3f2268",
    "ramp-1": "#3c3b8c",
    "ramp-2": "#2b559f",
    "ramp-3": "#1c6fa6",
    "ramp-4": "#17879a",
    "ramp-5": "#1a9a86",
}
DARK: Final[dict[str, str]] = {
    "surface": "#151a22",
    "ink": "#e9edf3",
    "ink-soft": "#a6b1c2",
    "grid": "#2b333f",
    "axis": "#6d788a",
    "band": "#1d3830",
    "muted": "#76829a",
    "alert": "#ff9b66",
    "good": "#57cfa4",
    "chart-1": "#5fa8f5",
    "chart-2": "#f28a49",
    "chart-3": "#287a58",
    "chart-4": "#9c58b9",
    "chart-5": "#fde154",
    "chart-6": "#b8cad6",
    "ramp-0": "#7a74e0",
    "ramp-1": "#5b8be0",
    "ramp-2": "#4aa8dc",
    "ramp-3": "#45c3c6",
    "ramp-4": "#6ddba0",
    "ramp-5": "#c0ec7f",
}
HEAT_LIGHT: Final = (
    "#f3f7fc", "#e0ebf8", "#c8dcf2", "#a9c9ea", "#86b2e0",
    "#2f72bd", "#22609f", "#174c80", "#0f3a64",
)  # fmt: skip
HEAT_DARK: Final = (
    "#1b232e", "#1d2d40", "#1f3853", "#224468", "#26527f",
    "#5e9cdd", "#7bb2ea", "#9ac6f2", "#b9d9fa",
)  # fmt: skip
# The ramp jumps over the middle, where neither dark nor light words would reach 4.5:1.
_FIRST_STRONG: Final = 5
HEAT_INK_LIGHT: Final = tuple(
    "#ffffff" if step >= _FIRST_STRONG else LIGHT["ink"] for step in range(HEAT_STEPS)
)
HEAT_INK_DARK: Final = tuple(
    "#0b111a" if step >= _FIRST_STRONG else DARK["ink"] for step in range(HEAT_STEPS)
)

# A page that has its own ink and surface hands them down; a chart alone uses ours.
_FROM_PAGE: Final = {"ink", "ink-soft", "surface", "grid"}


def paint(
    fill: str | None = "none", stroke: str | None = None, *, mark: bool = False
) -> dict[str, str]:
    """Return the attributes that colour a shape by role, for `element(**paint(...))`.

    `mark` says that the shape stands for a value of its own and answers to the pointer.
    """
    attributes = {}
    if fill is not None:
        attributes["fill"] = _light(fill)
    if stroke is not None:
        attributes["stroke"] = _light(stroke)
    names = [f"{what}-{role}" for what, role in (("f", fill), ("s", stroke)) if _is_role(role)]
    names += ["mark"] if mark else []
    return attributes | ({"class_": " ".join(names)} if names else {})


def series_role(index: int, count: int) -> str:
    """Return the colour of one series: apart while they are few, a ramp when they are many."""
    if count <= len(SERIES):
        return SERIES[index]
    return RAMP[round(index * (len(RAMP) - 1) / (count - 1))]


def stylesheet() -> str:
    """Return the CSS for every chart and heat table: light, dark, print.

    Dark follows the system unless `data-theme` on the root element says light or dark.
    """
    light, dark = _variables(LIGHT, heat="light"), _variables(DARK, heat="dark")
    return "\n".join(
        (
            f":root{{{light}}}",
            f'@media (prefers-color-scheme:dark){{:root:not([data-theme="light"]){{{dark}}}}}',
            f':root[data-theme="dark"]{{{dark}}}',
            f"@media print{{:root:root,:root[data-theme]{{{light}}}}}",
            _RULES,
            *_colour_rules(),
        )
    )


_RULES: Final = """\
.chart{display:block;width:100%;height:auto;font-variant-numeric:tabular-nums}
.chart .mark:hover{opacity:.82}
@media (max-width:480px){.chart{min-width:480px}.chart-sparkline{min-width:0}}
@media print{.chart{break-inside:avoid}}
[class*="heat-"]{print-color-adjust:exact;-webkit-print-color-adjust:exact}
td.heat-none,th.heat-none{background:transparent;color:var(--chart-ink-soft)}"""


def _variables(colours: dict[str, str], *, heat: str) -> str:
    steps = HEAT_LIGHT if heat == "light" else HEAT_DARK
    inks = HEAT_INK_LIGHT if heat == "light" else HEAT_INK_DARK
    written = [f"{_variable(role)}:{_handed_down(role, c)}" for role, c in colours.items()]
    written += [f"--heat-{step}:{colour}" for step, colour in enumerate(steps)]
    written += [f"--heat-ink-{step}:{colour}" for step, colour in enumerate(inks)]
    return ";".join(written)


def _handed_down(role: str, colour: str) -> str:
    return f"var(--{role},{colour})" if role in _FROM_PAGE else colour


def _colour_rules() -> list[str]:
    roles = [*LIGHT, *(f"heat-{s}" for s in range(HEAT_STEPS))]
    roles += [f"heat-ink-{s}" for s in range(HEAT_STEPS)]
    rules = [f".chart .f-{role}{{fill:var({_variable(role)})}}" for role in roles]
    rules += [f".chart .s-{role}{{stroke:var({_variable(role)})}}" for role in roles]
    rules += [
        f"td.heat-{s},th.heat-{s}{{background:var(--heat-{s});color:var(--heat-ink-{s})}}"
        for s in range(HEAT_STEPS)
    ]
    return rules


def _variable(role: str) -> str:
    return f"--{role}" if role.startswith(("chart-", "heat-")) else f"--chart-{role}"


def _is_role(role: str | None) -> bool:
    return role is not None and role != "none" and not role.startswith("url(")


def _light(role: str) -> str:
    if not _is_role(role):
        return role
    name, _, step = role.rpartition("-")
    if name == "heat":
        return HEAT_LIGHT[int(step)]
    if name == "heat-ink":
        return HEAT_INK_LIGHT[int(step)]
    return LIGHT[role]
