-- Share of customers with two orders or more until the end of the period.
select count(*) filter (where orders >= 2) / count(*) as value
from (
    select count(*) as orders
    from orders
    where customer_id is not null and ordered_on <= $to
    group by customer_id
)
