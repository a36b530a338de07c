"""What a predicted margin rests on, or why there is none, in words."""

from __future__ import annotations

from perenne.metrics import Context
from perenne.reports.html.words import share
from perenne.text import gettext as _

# Share of revenue without a cost from which the rate that stands in is that of all.
NEARLY_ALL = 0.995


def rests_on(context: Context) -> str:
    """What the predicted margins of the shop rest on, where they are known."""
    settings, without = context.settings, share(context.share_without_cost)
    if not context.has_unknown_cost:
        return _(
            "Margins rest on the cost of each product sold: customers have rates of their own, the "
            "fewer their purchases the closer to that of the shop. Their intervals count that, and "
            "how the rates of the shop moved in the past."
        )
    if settings.margin_default_rate is None:
        return _(
            "Where a cost is unknown ({share} of product revenue), the average margin rate of the "
            "rest stands in, as the settings say: the intervals do not doubt it."
        ).format(share=without)
    rate = share(settings.margin_default_rate)
    if context.share_without_cost >= NEARLY_ALL:
        return _(
            "No cost is known: one margin rate of {rate} is taken for all, as the settings say. A "
            "margin is that part of the value, and its interval that part of the interval; neither "
            "doubts the rate."
        ).format(rate=rate)
    return _(
        "Where a cost is unknown ({share} of product revenue), a margin rate of {rate} stands in, "
        "as the settings say: the intervals do not doubt it."
    ).format(share=without, rate=rate)


def why_no_margin(context: Context) -> str:
    """Why the shop has no predicted margin, and what to do."""
    return _(
        "No margin is predicted: the cost of {share} of product revenue is unknown. Import product "
        "costs, or set default_rate under [margin] in perenne.toml."
    ).format(share=share(context.share_without_cost))


def why_no_margin_of_one() -> str:
    """The same of one customer."""
    return _(
        "No margin is predicted: the cost of something that this customer bought is unknown. "
        "Import product costs, or set default_rate under [margin] in perenne.toml."
    )
