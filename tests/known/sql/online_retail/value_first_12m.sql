-- Net revenue of a customer's first twelve months, mean over customers for whom they are over.
with firsts as (
    select customer_id, min(ordered_on) as first_on
    from orders
    where customer_id is not null
    group by customer_id
    having min(ordered_on) + interval 12 month <= cast($as_of as date) + interval 1 day
),
moves as (
    select customer_id, ordered_on as day, net from orders
    union all
    select customer_id, refunded_on, -net from refunds
)
select sum(net) / count(distinct customer_id) as value
from moves join firsts using (customer_id)
where day >= first_on and day < first_on + interval 12 month
