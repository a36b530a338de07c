-- Known customers active on the eve of the period: a purchase in the $window days before it.
select count(distinct customer_id) as value
from orders
where ordered_on < $from
  and date_diff('day', ordered_on, cast($from as date)) - 1 <= $window
