-- Customers active on the eve of the period and on its last day.
select count(*) as value
from (
    select customer_id from orders
    where ordered_on < $from
      and date_diff('day', ordered_on, cast($from as date)) - 1 <= $window
    intersect
    select customer_id from orders
    where ordered_on <= $to and date_diff('day', ordered_on, cast($to as date)) <= $window
)
where customer_id is not null
