select margin / nullif(revenue, 0) as value from year_totals, year_margin
