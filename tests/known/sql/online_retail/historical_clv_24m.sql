-- Net revenue after returns of the last 24 calendar months, mean over all customers with a purchase.
with buyers as (
    select distinct customer_id from orders where customer_id is not null and ordered_on <= $to
),
moves as (
    select customer_id, ordered_on as day, net from orders
    union all
    select customer_id, refunded_on, -net from refunds
)
select
    (select coalesce(sum(net), 0) from moves join buyers using (customer_id)
     where day <= $to and day > cast($to as date) - interval 24 month)
    / (select nullif(count(*), 0) from buyers) as value
