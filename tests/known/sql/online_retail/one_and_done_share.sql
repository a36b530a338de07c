-- Share of customers with a single order, more than $window days old at the end of the period.
select
    count(*) filter (
        where orders = 1 and date_diff('day', last_on, cast($to as date)) > $window
    ) / count(*) as value
from (
    select count(*) as orders, max(ordered_on) as last_on
    from orders
    where customer_id is not null and ordered_on <= $to
    group by customer_id
)
