"""KPIs, cohorts and historical CLV: one catalogue, one compiler, one value everywhere."""

from perenne.metrics.compute import compute
from perenne.metrics.definitions import Catalogue, Metric, load_catalogue
from perenne.metrics.learn import learn_context
from perenne.metrics.requests import Compared, Figure, Request
from perenne.metrics.settings import Context, MetricSettings, Spend
from perenne.metrics.tables.marts import MARTS, build_marts

__all__ = [
    "MARTS",
    "Catalogue",
    "Compared",
    "Context",
    "Figure",
    "Metric",
    "MetricSettings",
    "Request",
    "Spend",
    "build_marts",
    "compute",
    "learn_context",
    "load_catalogue",
]
