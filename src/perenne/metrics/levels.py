"""Figures per account: the same catalogue over tables in which a company is the customer."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from perenne.core import PerenneError
from perenne.metrics.learn import learn_context
from perenne.metrics.settings import Context
from perenne.metrics.tables import Fetch, Table, Tables
from perenne.metrics.tables.accounts import by_account
from perenne.metrics.tables.canonical import table
from perenne.metrics.tables.marts import build_marts
from perenne.metrics.tables.runs import customer_runs
from perenne.text import gettext as _


def account_level(
    tables: Tables, context: Context, *, keep: Callable[[Table], Table], fetch: Fetch
) -> tuple[dict[str, Table], Context]:
    """Tables and context in which every customer is an account, to hand to `compute`.

    The inactivity window is learnt anew, from the gaps of accounts. `keep` runs a table and hands
    back what it made. Raises PerenneError where no customer belongs to an account.
    """
    known = table(tables, "customers").account_id.count()
    if not fetch(known).as_py():
        raise PerenneError(
            _("No account is known: every customer would be an account of one."),
            next_step=_(
                "Import customers with a column for their company (--map account=COLUMN), or set "
                "by_company or by_domain under [accounts] in perenne.toml, then perenne refresh."
            ),
        )
    found = {name: keep(one) for name, one in by_account(tables).items()}
    for name, mart in build_marts(found, as_of=context.as_of, settings=context.settings).items():
        found[name] = keep(mart)
    learnt = learn_context(
        found,
        as_of=context.as_of,
        currency=context.currency,
        time_zone=context.time_zone,
        settings=context.settings,
        fetch=fetch,
    )
    runs = customer_runs(found["customer_days"], inactivity_days=learnt.inactivity_days)
    found["customer_runs"] = keep(runs)
    return found, replace(learnt, has_predictions=context.has_predictions, per="account")
