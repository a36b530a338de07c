"""Values in, inline SVG out: charts for one self-contained page, light, dark and printed."""

from perenne.charts.bars import Band, Bar, bar_chart
from perenne.charts.distribution import Bin, bins, concentration
from perenne.charts.fans import Ahead, fan_chart
from perenne.charts.funnels import Step, funnel
from perenne.charts.heat import Heat, heat_colour
from perenne.charts.histograms import Marker, histogram
from perenne.charts.lines import line_chart
from perenne.charts.lorenz import concentration_curve, share_at
from perenne.charts.maps import Tile, heat_map
from perenne.charts.palette import stylesheet
from perenne.charts.ranges import Expected, range_chart
from perenne.charts.rfm import RfmCell, rfm_map
from perenne.charts.scales import Formatter, Number, ticks
from perenne.charts.series import Moment, Reference, Series
from perenne.charts.sparklines import sparkline
from perenne.charts.stems import Stem, stem_chart
from perenne.charts.svg import Caption, Size, Svg
from perenne.charts.waterfalls import Change, waterfall

__all__ = [
    "Ahead",
    "Band",
    "Bar",
    "Bin",
    "Caption",
    "Change",
    "Expected",
    "Formatter",
    "Heat",
    "Marker",
    "Moment",
    "Number",
    "Reference",
    "RfmCell",
    "Series",
    "Size",
    "Stem",
    "Step",
    "Svg",
    "Tile",
    "bar_chart",
    "bins",
    "concentration",
    "concentration_curve",
    "fan_chart",
    "funnel",
    "heat_colour",
    "heat_map",
    "histogram",
    "line_chart",
    "range_chart",
    "rfm_map",
    "share_at",
    "sparkline",
    "stem_chart",
    "stylesheet",
    "ticks",
    "waterfall",
]
