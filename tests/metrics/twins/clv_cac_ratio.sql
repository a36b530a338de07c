select margin / nullif(cac, 0) as value from lifetime_margin, year_cac
