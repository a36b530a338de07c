-- Of the customers active on the eve of the period, the share inactive on its last day.
with states as (
    select
        max(ordered_on) filter (where ordered_on < $from) as last_before,
        max(ordered_on) as last_on
    from orders
    where customer_id is not null and ordered_on <= $to
    group by customer_id
)
select
    count(*) filter (where date_diff('day', last_on, cast($to as date)) > $window)
    / nullif(count(*), 0) as value
from states
where date_diff('day', last_before, cast($from as date)) - 1 <= $window
