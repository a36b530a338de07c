-- For each n: customers with n + 1 orders or more per customer with n orders or more.
with per_customer as (
    select count(*) as orders
    from orders
    where customer_id is not null and ordered_on <= $to
    group by customer_id
),
numbers as (select unnest(range(1, (select max(orders) from per_customer) + 1)) as n)
select
    n as order_number,
    count(*) filter (where orders > n) / count(*) as value,
    count(*) as customers
from numbers join per_customer on orders >= n
group by n
order by n
