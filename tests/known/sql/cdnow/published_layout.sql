-- The same in the layout of the published summary: weeks of 7 days and dollars to two decimals,
-- halves up, 0 where there is no repeat purchase; the id without its leading zeros. Whole numbers
-- throughout (days and cents), so that no half is lost to floating point.
with firsts as (
    select customer_id, min(ordered_on) as first_on from orders group by customer_id
),
counted as (
    select
        customer_id,
        count(*) - 1 as x,
        date_diff('day', first_on, max(ordered_on)) as recency_days,
        date_diff('day', first_on, cast($as_of as date)) as tenure_days,
        coalesce(cast(100 * sum(net) filter (where ordered_on > first_on) as bigint), 0) as cents
    from orders join firsts using (customer_id)
    group by customer_id, first_on
)
select
    cast(customer_id as bigint) as id,
    x,
    (200 * recency_days + 7) // 14 as t_x_hundredths,
    (200 * tenure_days + 7) // 14 as t_hundredths,
    case when x = 0 then 0 else (2 * cents + x) // (2 * x) end as zbar_cents
from counted
order by id
