"""The perenne.toml of a new workspace: what is commented out is the default or, where the line says
`unset`, a value to begin from. A test compares each with the settings."""

TEMPLATE = """\
# Settings of this workspace. docs/reference/settings.md explains each one.
# What is commented out shows the default, or an example where there is none (unset).
# After a change, run: perenne refresh

[shop]
name = "{name}"
currency = "{currency}"            # empty: the one currency of the data
time_zone = "{time_zone}"
language = "{language}"            # en or fr

[margin]
# default_rate = 0.45      # unset: no margin of products whose cost is unknown

[metrics]
# inactivity_days = 180    # unset: learnt from the gaps between purchases
# discount_rate = 0.10     # yearly

[predictions]
# enabled = true           # predict the value of each customer at each refresh

[identity]
# by_phone = true          # records that share a telephone number are one customer
# threshold = 0.99         # probability from which likeness alone links two records

[acquisition]
# rule = "first_touch"     # first_touch, last_touch or first_order: the channel of a customer

[accounts]
# by_domain = false        # true: customers with the same e-mail domain are one company

[tax]
# prices = "auto"          # auto, included or excluded
# default_rate = 0.20      # unset: nothing is taken out where prices include a tax not stated

[cleaning]
# gift_cards = true        # one switch per rule; false: the rows count as ordinary sales

# Channels of orders, by utm parameters or tags. The first match wins.
# Name a channel as its spend is named (Meta Ads exports: meta_ads), so that CAC meets it.
# [[channels]]
# channel = "influence"
# utm_source = "influencers?"

# Live sources: perenne connect writes them here, perenne sync reads them.
# [connections.shop]
# kind = "shopify"
# shop = "my-shop.myshopify.com"
# since = 2023-01-01

# Exchange rates: units of the workspace's currency for one unit of the other.
# [[rates]]
# currency = "USD"
# rate = 0.92
# since = 2025-01-01
"""
