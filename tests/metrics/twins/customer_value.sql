select revenue / nullif(buyers, 0) * scale as value from year_totals
