select revenue / nullif(orders, 0) as value from year_totals
