-- Known customers whose first purchase is in the period.
select count(*) as value
from (
    select min(ordered_on) as first_on
    from orders
    where customer_id is not null
    group by customer_id
)
where first_on between $from and $to
