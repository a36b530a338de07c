-- Per customer: repeat purchase days, days from first to last purchase, days from first purchase to
-- $as_of, and mean value of the repeat days (none without repeat).
with firsts as (
    select customer_id, min(ordered_on) as first_on from orders group by customer_id
)
select
    customer_id,
    count(*) - 1 as frequency,
    date_diff('day', first_on, max(ordered_on)) as recency_days,
    date_diff('day', first_on, cast($as_of as date)) as tenure_days,
    sum(net) filter (where ordered_on > first_on) as repeat_value,
    sum(net) filter (where ordered_on > first_on) / nullif(count(*) - 1, 0) as monetary_value
from orders join firsts using (customer_id)
group by customer_id, first_on
order by customer_id
