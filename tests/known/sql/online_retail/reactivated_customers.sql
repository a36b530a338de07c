-- Customers who bought before the period, were inactive on its eve and are active on its last day.
select count(*) as value
from (
    select
        min(ordered_on) as first_on,
        max(ordered_on) filter (where ordered_on < $from) as last_before,
        max(ordered_on) as last_on
    from orders
    where customer_id is not null and ordered_on <= $to
    group by customer_id
)
where first_on < $from
  and date_diff('day', last_before, cast($from as date)) - 1 > $window
  and date_diff('day', last_on, cast($to as date)) <= $window
