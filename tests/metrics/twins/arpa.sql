select sum(closing) / nullif(count(*) filter (where closing > 0), 0) as value from payers
