select count(*) filter (where opening > 0 and closing = 0) / nullif(count(*) filter (where opening > 0), 0) as value from payers
