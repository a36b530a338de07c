-- Score = 1 + floor(5 x share of customers with a strictly worse value): 5 best, equal values score
-- equally. Worse: a longer time since the last order, fewer orders, less revenue.
with customers as (
    select
        customer_id,
        date_diff('day', max(ordered_on), cast($as_of as date)) as days_since_last_order,
        count(*) as orders,
        sum(net) as revenue
    from orders
    group by customer_id
)
select
    customer_id,
    days_since_last_order,
    orders,
    revenue,
    1 + (5 * (select count(*) from customers as o
              where o.days_since_last_order > c.days_since_last_order))
        // (select count(*) from customers) as rfm_recency,
    1 + (5 * (select count(*) from customers as o where o.orders < c.orders))
        // (select count(*) from customers) as rfm_frequency,
    1 + (5 * (select count(*) from customers as o where o.revenue < c.revenue))
        // (select count(*) from customers) as rfm_monetary
from customers as c
order by customer_id
