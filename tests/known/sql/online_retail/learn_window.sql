-- Inactivity window: 90th percentile of the gaps, rounded up, at least 7; 365 below 20 gaps.
with days as (
    select distinct customer_id, ordered_on
    from orders
    where customer_id is not null and ordered_on <= $as_of
),
gaps as (
    select date_diff('day', lag(ordered_on) over next, ordered_on) as gap
    from days
    window next as (partition by customer_id order by ordered_on)
)
select case
    when count(*) < 20 then 365 else greatest(7, ceil(quantile_cont(gap, 0.9))) end as value
from gaps
where gap is not null
