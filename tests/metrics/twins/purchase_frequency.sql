select orders / nullif(buyers, 0) * scale as value from year_totals
