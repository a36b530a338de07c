-- The package's own bins, to know that the file is read as its authors read it: bounds at the 20th,
-- 40th, 60th and 80th percentile (continuous) plus 1, each bin closed below and open above.
with customers as (
    select
        customer_id,
        date_diff('day', max(ordered_on), cast($as_of as date)) as days_since_last_order,
        count(*) as orders,
        cast(sum(net) as double) as revenue
    from orders
    group by customer_id
),
bounds as (
    select
        quantile_cont(days_since_last_order, [0.2, 0.4, 0.6, 0.8]) as recency,
        quantile_cont(orders, [0.2, 0.4, 0.6, 0.8]) as frequency,
        quantile_cont(revenue, [0.2, 0.4, 0.6, 0.8]) as monetary
    from customers
)
select
    customer_id,
    days_since_last_order,
    orders,
    revenue,
    5 - len(list_filter(recency, lambda b: days_since_last_order >= b + 1)) as rfm_recency,
    1 + len(list_filter(frequency, lambda b: orders >= b + 1)) as rfm_frequency,
    1 + len(list_filter(monetary, lambda b: revenue >= b + 1)) as rfm_monetary
from customers, bounds
order by customer_id
