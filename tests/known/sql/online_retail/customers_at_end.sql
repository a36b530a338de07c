-- Known customers active on the last day of the period: a purchase at most $window days before.
select count(distinct customer_id) as value
from orders
where ordered_on <= $to and date_diff('day', ordered_on, cast($to as date)) <= $window
