-- Every month's raw sum in its parts: kept sales, kept returns, surplus copies, and each rule.
select strftime(day, '%Y-%m') as month, part, sum(amount) as amount, sum(n) as rows
from (
    select
        day,
        coalesce(excluded_by, case document when 'sale' then 'kept_sales' else 'kept_returns' end)
            as part,
        amount, 1 as n
    from lines
    union all
    select day, 'duplicate', (copies - 1) * amount, copies - 1 from lines where copies > 1
)
group by month, part
order by month, part
