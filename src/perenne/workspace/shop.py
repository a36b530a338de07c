"""One opened workspace: its published snapshot, and every question one may ask of it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Literal, Self

from pydantic import TypeAdapter, ValidationError

from perenne.cleaning import Account
from perenne.core import PerenneError, Period, add_months
from perenne.metrics import (
    MARTS,
    AuditRequest,
    AuditTable,
    Catalogue,
    CohortRequest,
    CohortTable,
    Context,
    Figure,
    Lens,
    Request,
    account_level,
    audit,
    cohorts,
    compute,
    load_catalogue,
)
from perenne.models import CATALOGUE as PREDICTED_METRICS
from perenne.segments import assign, movements, summary
from perenne.text import gettext as _
from perenne.warehouse import CANONICAL, Engine, Table
from perenne.workspace import layout, settings, snapshots
from perenne.workspace.engines import engine_for
from perenne.workspace.failures import explain
from perenne.workspace.frame import Frame
from perenne.workspace.opened import Opened

if TYPE_CHECKING:
    from perenne.models.choosing import Judged
    from perenne.reports import AccountRecord, PersonRecord
    from perenne.workspace.persons import Desk, Exported

Words = str | Sequence[str]
Level = Literal["customer", "account"]


def open_shop(folder: str | Path, *, snapshot: str | None = None) -> Shop:
    """Open a workspace at its published snapshot, or at another one by id.

    Raises PerenneError when the folder is no workspace or nothing has been computed in it.
    """
    layout.require_local(folder)
    place = layout.find(Path(folder).resolve())
    values = settings.load(place.settings)
    shown = snapshots.by_id(place, snapshot) if snapshot else snapshots.current(place)
    return Shop(place, values, shown)


@dataclass
class Shop:
    """Read access to one snapshot. Close it, or use it in a `with`."""

    layout: layout.Layout
    settings: settings.Settings
    snapshot: snapshots.Snapshot

    @cached_property
    def engine(self) -> Engine:
        def told(error: Exception) -> PerenneError | None:
            return explain(error, self.layout, self.snapshot)

        return engine_for(self.settings, self.layout, explain=told)

    @cached_property
    def tables(self) -> Mapping[str, Table]:
        """Canonical tables, marts and segments of the snapshot, lazy."""
        names = self.snapshot.tables
        if {*CANONICAL, *MARTS, "customer_runs"} - set(names):
            raise self._older()
        return Opened(names, self._opened)

    def _opened(self, name: str) -> Table:
        table = self.engine.read(self.snapshot.table_path(name))
        if name in CANONICAL and set(CANONICAL[name].names) - set(table.columns):
            raise self._older()
        return table

    def _older(self) -> PerenneError:
        return PerenneError(
            _("Snapshot {id} was computed by an older version of Perenne ({code}).").format(
                id=self.snapshot.id, code=self.snapshot.manifest.get("code", "?")
            ),
            given=self.snapshot.id,
            next_step=_("Compute it again with this one: perenne refresh"),
        )

    @cached_property
    def context(self) -> Context:
        """What the figures depend on besides the tables, as the refresh learnt it."""
        try:
            return TypeAdapter(Context).validate_python(self.snapshot.manifest["context"])
        except ValidationError as error:
            raise self._older() from error

    @cached_property
    def catalogue(self) -> Catalogue:
        return load_catalogue(extra=[PREDICTED_METRICS])

    @property
    def as_of(self) -> date:
        return self.snapshot.as_of

    @property
    def account(self) -> Account:
        """The reconciliation: where every row and every amount went."""
        return Account.from_manifest(self.snapshot.manifest["reconciliation"])

    def figures(self, request: Request, *, per: Level = "customer") -> list[Figure]:
        """The figures of a request, as values; per account, a company counts as one customer."""
        tables, context = self.level(per)
        return compute(
            request,
            catalogue=self.catalogue,
            tables=tables,
            context=context,
            fetch=self.engine.fetch,
        )

    def level(self, per: Level) -> tuple[Mapping[str, Table], Context]:
        """What figures per customer or per account are computed from."""
        return self._accounts if per == "account" else (self.tables, self.context)

    @cached_property
    def _accounts(self) -> tuple[Mapping[str, Table], Context]:
        def keep(table: Table) -> Table:
            return self.engine.arrow(self.engine.fetch(table))

        found, context = account_level(
            self.tables, self.context, keep=keep, fetch=self.engine.fetch
        )
        segments = assign(
            found,
            as_of=context.as_of,
            inactivity_days=context.inactivity_days,
            settings=self.settings.segments,
        )
        return {**found, "segments": keep(segments)}, context

    def kpis(
        self,
        *metrics: str,
        by: Words = (),
        where: Mapping[str, Words] | None = None,
        period: str | Period | None = None,
        compare: str | Period | None = None,
        per: Level = "customer",
    ) -> Frame:
        """Figures as a table: metric, one column per dimension, value, low and high (the interval
        of what a survey measures), unit, from, to, note."""
        request = Request(
            metrics=metrics,
            by=_words(by),
            where={name: _words(values) for name, values in (where or {}).items()},
            period=read_period(period),
            compare=read_comparison(compare),
        )
        return Frame.of_figures(self.figures(request, per=per), by=request.by)

    def cohort_table(self, request: CohortRequest) -> CohortTable:
        return cohorts(request, tables=self.tables, context=self.context, fetch=self.engine.fetch)

    def audit(self, lens: Lens, **asked: Any) -> tuple[AuditTable, ...]:
        """The tables of one lens of a customer-base audit; `asked` as in `AuditRequest`."""
        request = AuditRequest(lens, **asked)
        return audit(request, tables=self.tables, context=self.context, fetch=self.engine.fetch)

    def customers(self, *, with_source_ids: bool = False) -> Frame:
        """One row per customer: recency, frequency, value, CLV, RFM, segment, status."""
        from perenne.workspace.tables import customers_table

        found = self.engine.fetch(customers_table(self.tables, with_source_ids))
        return Frame(_with_reasons(found, self.context.currency))

    def orders(self, *, with_source_ids: bool = False) -> Frame:
        """One row per order, kept or set aside; its number in the source when asked for."""
        from perenne.workspace.tables import orders_table

        return Frame(self.engine.fetch(orders_table(self.tables, with_source_ids)))

    def segments(self) -> Frame:
        """One row per segment: customers, shares, revenue, opportunity."""
        return Frame(
            self.engine.fetch(summary(self.tables["segments"], self.tables["customer_facts"]))
        )

    def predicted_totals(self) -> Frame:
        """One row per group and horizon: expected value and margin, with intervals of their own.

        Raises PerenneError for a snapshot without predictions.
        """
        from perenne.workspace.predictions import predicted_totals

        return Frame(predicted_totals(self.tables, self.engine.fetch))

    def movements(self, before: str) -> Frame:
        """Customers by segment then and now; `before` is the id of an older snapshot."""
        older = snapshots.by_id(self.layout, before)
        then = self.engine.read(older.table_path("segments"))
        return Frame(self.engine.fetch(movements(then, self.tables["segments"])))

    @property
    def prediction(self) -> Mapping[str, Any]:
        """What the refresh said of its models: champion, gate, parameters, drift; empty if none."""
        return self.snapshot.manifest.get("prediction") or {}

    def backtest(
        self,
        *contenders: str,
        months: int = 12,
        origins: int | None = None,
        progress: Callable[[str, int, int], None] = lambda name, done, total: None,
    ) -> Judged:
        """Judge contenders on the past of this snapshot; the usual ones when none is named.

        months: ahead of each past day. origins: past days; None: as the settings say. PerenneError
        for less than one of either.
        """
        from perenne.models.arguments import require_count
        from perenne.workspace.predictions import judge_shop

        chosen = self.settings.prediction_settings()
        wanted = replace(
            chosen,
            contenders=contenders or chosen.contenders,
            origins=chosen.origins
            if origins is None
            else require_count("origins", origins, least=1),
        )
        ahead = require_count("months", months, least=1)
        return judge_shop(
            self.tables,
            as_of=self.as_of,
            settings=self.settings,
            wanted=wanted,
            horizon_days=(self.as_of - add_months(self.as_of, -ahead)).days,
            fetch=self.engine.fetch,
            progress=progress,
        )

    def table(self, name: str) -> Frame:
        """One table of the snapshot, whole. Raises PerenneError for an unknown name."""
        if name not in self.tables:
            raise PerenneError(
                _("There is no table {name} in this snapshot.").format(name=name),
                given=name,
                allowed=sorted(self.tables),
                next_step=_("Choose one of: {names}.").format(names=", ".join(sorted(self.tables))),
            )
        return Frame(self.engine.fetch(self.tables[name]))

    def person(
        self,
        words: str,
        *,
        personal: bool = False,
        every_event: bool = False,
        limit: int | None = None,
    ) -> PersonRecord:
        """One customer, by customer_id, id of a source (`shopify:12345`), e-mail or telephone.

        Names, addresses and ids of sources are masked unless `personal`. `every_event`: events of
        one day are not folded. `limit`: the newest so many entries of the timeline. Raises
        PerenneError for nobody and for several.
        """
        from perenne.reports import masked_person, shown

        found = self.desk.person(words, every_event=every_event, limit=limit)
        return shown(found if personal else masked_person(found))

    def account_record(
        self,
        words: str,
        *,
        personal: bool = False,
        every_event: bool = False,
        limit: int | None = None,
    ) -> AccountRecord:
        """One company, by account_id, the id that a source gives it, one of its customers or its
        name. Names of persons and ids of sources are masked unless `personal`; so is the name of a
        company that may be that of a person. Raises PerenneError for none and for several.
        """
        from perenne.reports import shown_account
        from perenne.workspace.accounts import account

        found = account(self.desk, words, personal=personal, every_event=every_event, limit=limit)
        return shown_account(found)

    def account_names(
        self, accounts: Collection[str] | None = None, *, personal: bool = False
    ) -> dict[str, str]:
        """What accounts are called, by account_id; masked where it may be the name of a person."""
        from perenne.workspace.accounts import names

        found = names(self.desk, accounts)
        return {one: name.shown(personal=personal) for one, name in found.items()}

    def export_person(self, words: str, place: str | Path) -> Exported:
        """Write the portability archive of one customer, in clear: a ZIP file, or a folder."""
        return self.desk.export(words, Path(place))

    @cached_property
    def desk(self) -> Desk:
        """Where persons are asked for."""
        from perenne.workspace.persons import Desk

        return Desk(
            self.layout,
            self.settings,
            self.snapshot,
            catalogue=self.catalogue,
            context=self.context,
            tables=self.tables,
            engine=self.engine,
        )

    def close(self) -> None:
        if "engine" in self.__dict__:
            self.engine.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


def _with_reasons(customers: Any, currency: str) -> Any:
    """The column `why` as sentences of the current language instead of codes."""
    if "why" not in customers.column_names:
        return customers
    import pyarrow

    from perenne.models.why.words import reasons_texts

    words = reasons_texts(customers["why"].to_pylist(), currency=currency)
    place = customers.column_names.index("why")
    return customers.set_column(place, "why", pyarrow.array(words, pyarrow.string()))


def _words(value: Words) -> tuple[str, ...]:
    return (value,) if isinstance(value, str) else tuple(value)


def read_comparison(value: str | Period | None) -> Literal["previous", "year"] | Period | None:
    """`previous`, `year`, or any period."""
    if value == "previous":
        return "previous"
    return "year" if value == "year" else read_period(value)


def read_period(value: Any) -> Period | None:
    if value is None or isinstance(value, Period):
        return value
    try:
        return Period.parse(str(value))
    except ValueError as error:
        raise PerenneError(
            _("“{text}” is not a period.").format(text=value),
            given=value,
            allowed=("2025", "2025-Q3", "2025-03", "2025-W09", "2025-03-14", "2025-01..2025-06"),
            next_step=_(
                "Write a year, quarter, month, week, day, or two of them: 2025-01..2025-06."
            ),
        ) from error
