-- (Customers at the end - new ones - reactivated ones) / customers at the start of the period.
with states as (
    select
        min(ordered_on) as first_on,
        max(ordered_on) filter (where ordered_on < $from) as last_before,
        max(ordered_on) as last_on
    from orders
    where customer_id is not null and ordered_on <= $to
    group by customer_id
),
flags as (
    select
        first_on >= $from as is_new,
        coalesce(date_diff('day', last_before, cast($from as date)) - 1 <= $window, false) as at_start,
        date_diff('day', last_on, cast($to as date)) <= $window as at_end
    from states
)
select
    (
        count(*) filter (where at_end)
        - count(*) filter (where at_end and is_new)
        - count(*) filter (where at_end and not is_new and not at_start)
    ) / nullif(count(*) filter (where at_start), 0) as value
from flags
