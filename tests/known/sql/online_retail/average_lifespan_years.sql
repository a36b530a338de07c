-- Mean days between a customer's first and last purchase, in years of 365 days.
select sum(lifetime) / 365.0 / count(*) as value
from (
    select date_diff('day', min(ordered_on), max(ordered_on)) as lifetime
    from orders
    where customer_id is not null and ordered_on <= $to
    group by customer_id
)
