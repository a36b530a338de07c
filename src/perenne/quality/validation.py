"""The validation itself: each check becomes a step of pointblank, run by the engine."""

from __future__ import annotations

import importlib.util
import re
from collections.abc import Callable, Iterable
from typing import Any

from perenne.core import PerenneError
from perenne.quality.checks import Check, Limits
from perenne.quality.results import Level, Outcome
from perenne.text import current_language
from perenne.text import gettext as _
from perenne.warehouse import Table

Views = Callable[[Check], Table]
# pointblank compares "at or above"; a limit of 0 means: a single row.
_SINGLE = 1
_OWN_FONTS = {"IBM Plex Sans": "system-ui", "IBM Plex Mono": "ui-monospace"}
_FONTS = re.compile(r"@import url\([^)]*\);?\s*")


def available() -> bool:
    """Is pointblank installed?"""
    return importlib.util.find_spec("pointblank") is not None


def require() -> None:
    """Raise PerenneError, with what to install, where pointblank is missing."""
    if not available():
        raise PerenneError(
            _("Quality reports need pointblank, which is not installed."),
            given="pointblank",
            next_step=_("Install it: pip install 'perenne[quality]'"),
        )


def validate(
    table: Table, checks: Iterable[Check], *, name: str, views: Views, words: Callable[[Check], str]
) -> tuple[tuple[Outcome, ...], str]:
    """Make every check of a table; return what each found, and pointblank's report as HTML.

    No failing row is collected: the report holds names of columns and counts.
    """
    require()
    import pointblank

    made = list(checks)
    language = current_language()
    run = pointblank.Validate(data=table, tbl_name=name, lang=language, locale=language)
    for check in made:
        run = _step(run, check, views(check), brief=words(check))
    run = run.interrogate(collect_extracts=False, get_first_n=None)
    outcomes = tuple(
        _outcome(check, step) for check, step in zip(made, run.validation_info, strict=True)
    )
    report = run.get_tabular_report(title=":none:").as_raw_html()
    return outcomes, at_home(report)


def at_home(report: str) -> str:
    """The library's report with the fonts of this computer in place of those it would load."""
    own = _FONTS.sub("", report)
    for name, font in _OWN_FONTS.items():
        own = own.replace(f"'{name}'", font).replace(name, font)
    return own.replace("font-size: 9px", "font-size: 12px")


def _step(run: Any, check: Check, view: Table, *, brief: str) -> Any:
    import pointblank

    limits = _limits(check.limits)
    told: dict[str, Any] = {"thresholds": pointblank.Thresholds(**limits), "brief": brief}
    if check.view != "rows":
        told["pre"] = lambda _whole: view
    if check.test == "distinct":
        return run.rows_distinct(columns_subset=list(check.columns), **told)
    if check.test == "filled":
        return run.col_vals_not_null(check.column, **told)
    if check.test == "pattern":
        return run.col_vals_regex(check.column, check.pattern, na_pass=True, **told)
    if check.test == "at_least":
        return run.col_vals_ge(check.column, check.low, na_pass=True, **told)
    if check.test == "between":
        return run.col_vals_between(check.column, check.low, check.high, na_pass=True, **told)
    return run.col_vals_eq(check.column, 1, **told)


def _limits(limits: Limits) -> dict[str, float | int | None]:
    return {
        name: _SINGLE if share == 0 else share
        for name, share in vars(limits).items()
        if share is not None
    }


def _outcome(check: Check, step: Any) -> Outcome:
    if step.eval_error:
        raise PerenneError(
            _("The check {check} of {column} could not be made.").format(
                check=check.name, column=check.column
            ),
            given=f"{check.name}:{check.column}",
            next_step=_('Leave it out with skip = ["{check}"] under [quality].').format(
                check=f"{check.name}:{check.column}"
            ),
        )
    levels: tuple[Level, ...] = ("critical", "error", "warning")
    reached: list[Level] = [one for one in levels if getattr(step, one)]
    return Outcome(check, int(step.n or 0), int(step.n_failed or 0), (*reached, "passed")[0])
