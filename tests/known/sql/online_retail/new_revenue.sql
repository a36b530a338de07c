-- Known customers whose first purchase is in the period: their net revenue in it.
with firsts as (
    select customer_id, min(ordered_on) as first_on
    from orders
    where customer_id is not null
    group by customer_id
),
moves as (
    select customer_id, net from orders where ordered_on between $from and $to
    union all
    select customer_id, -net from refunds where refunded_on between $from and $to
)
select coalesce(sum(net), 0) as value
from moves left join firsts using (customer_id)
where first_on between $from and $to
