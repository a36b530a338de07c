select margin as value from lifetime_margin
