"""Where the shop's customers come from, how each channel's customers behave, what they cost.

The base process is Pareto/NBD (Schmittlein, Morrison & Colombo 1987): while alive a customer
buys as a Poisson process of rate lambda ~ Gamma(R, ALPHA), and lives an exponential time of
rate mu ~ Gamma(S, BETA); times in days. A channel multiplies both rates.

Channels bear the names that spending and orders share once imported.
"""

from dataclasses import dataclass

import numpy as np

R, ALPHA = 1.1, 165.0
S, BETA = 0.9, 260.0


@dataclass(frozen=True, slots=True)
class Channel:
    """One acquisition channel.

    `share` and `trend`: share of arrivals at the start, and what is added to it over the
    history. `rate`, `dropout`: factors on the purchase and dropout rates. `basket`: factor on
    the number of items; `taste`: lean towards dear products. `cac`: euros aimed at per new
    customer; `retention`: monthly euros spent on keeping customers. `welcome`: chance of a
    welcome code on the first order; `guest`: chance that an order gives no e-mail.
    `utms`: (source, medium) pairs; `tags`: what the shop's apps write in the order tags.
    """

    name: str
    share: float
    trend: float
    rate: float
    dropout: float
    basket: float
    taste: float
    cac: float
    retention: float
    welcome: float
    guest: float
    utms: tuple[tuple[str, str], ...]
    tags: tuple[str, ...]


CHANNELS = (
    Channel("organic_search", 0.24, -0.04, 1.0, 1.0, 1.0, 0.0, 4.0, 0.0, 0.10, 0.015,
            (("google", "organic"), ("bing", "organic")), ("seo",)),
    Channel("meta_ads", 0.20, 0.10, 0.65, 1.6, 0.9, -0.10, 21.0, 0.0, 0.40, 0.015,
            (("facebook", "cpc"), ("instagram", "paid_social")), ("meta-ads",)),
    Channel("google_ads", 0.16, 0.02, 0.9, 1.1, 1.05, 0.05, 17.0, 0.0, 0.15, 0.015,
            (("google", "cpc"),), ("google-ads",)),
    Channel("email", 0.07, 0.0, 1.6, 0.55, 1.15, 0.10, 5.0, 170.0, 0.30, 0.01,
            (("klaviyo", "email"), ("newsletter", "email")), ("newsletter",)),
    Channel("affiliation", 0.08, 0.02, 0.5, 1.9, 0.85, -0.15, 12.0, 0.0, 0.45, 0.02,
            (("awin", "affiliate"),), ("affiliation",)),
    Channel("direct", 0.14, -0.04, 1.2, 0.8, 1.1, 0.10, 0.0, 0.0, 0.05, 0.015,
            (("direct", "none"),), ("direct",)),
    Channel("store", 0.11, -0.06, 1.25, 0.7, 1.2, 0.20, 9.0, 60.0, 0.0, 0.22,
            (), ("boutique",)),
)  # fmt: skip

NAMES = tuple(channel.name for channel in CHANNELS)
EMAIL, DIRECT, STORE = NAMES.index("email"), NAMES.index("direct"), NAMES.index("store")
ORGANIC, META = NAMES.index("organic_search"), NAMES.index("meta_ads")
GOOGLE = NAMES.index("google_ads")

#: Share of online orders whose origin the exports do not show.
UNKNOWN_SHARE = 0.16
UNMARKED, BY_UTM, BY_TAG = 0, 1, 2


def column(field: str) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """One numeric trait of all channels, in the order of `CHANNELS`."""
    return np.array([float(getattr(channel, field)) for channel in CHANNELS])


def utm_marks() -> dict[tuple[str, str], str]:
    """(utm_source, utm_medium) as written in Note Attributes -> channel."""
    return {pair: channel.name for channel in CHANNELS for pair in channel.utms}


def tag_marks() -> dict[str, str]:
    """Order tag -> channel. Other tags (vip, cadeau …) say nothing about the channel."""
    return {tag: channel.name for channel in CHANNELS for tag in channel.tags}
