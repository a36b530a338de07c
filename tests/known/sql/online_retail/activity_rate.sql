-- Known buyers of the period per known customer until its end.
select
    count(distinct customer_id) filter (where ordered_on >= $from)
    / count(distinct customer_id) as value
from orders
where ordered_on <= $to
