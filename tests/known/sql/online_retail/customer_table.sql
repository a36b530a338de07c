-- One row per customer with a purchase until $as_of: the purchase-history and value columns.
with days as (
    select customer_id, ordered_on, sum(net) as net, count(*) as orders
    from orders
    where customer_id is not null
    group by customer_id, ordered_on
),
histories as (
    select
        customer_id,
        min(ordered_on) as first_on,
        max(ordered_on) as last_on,
        count(*) - 1 as frequency,
        cast(sum(orders) as bigint) as orders,
        sum(net) as product_revenue,
        arg_min(net, ordered_on) as first_day_net
    from days
    group by customer_id
),
moves as (
    select customer_id, ordered_on as day, net from orders
    union all
    select customer_id, refunded_on, -net from refunds
),
totals as (
    select
        customer_id,
        sum(net) as historical_clv,
        coalesce(sum(net) filter (where day > cast($as_of as date) - interval 12 month), 0)
            as historical_clv_12m,
        coalesce(sum(net) filter (where day > cast($as_of as date) - interval 24 month), 0)
            as historical_clv_24m,
        sum(net) filter (where day >= first_on and day < first_on + interval 12 month)
            as first_months
    from moves join histories using (customer_id)
    group by customer_id
)
select
    customer_id as source_id,
    first_on as first_order_on,
    last_on as last_order_on,
    date_diff('day', last_on, cast($as_of as date)) as days_since_last_order,
    orders,
    frequency,
    date_diff('day', first_on, last_on) as recency_days,
    date_diff('day', first_on, cast($as_of as date)) as tenure_days,
    case when frequency > 0 then (product_revenue - first_day_net) / frequency end
        as monetary_value,
    product_revenue,
    historical_clv,
    historical_clv_12m,
    historical_clv_24m,
    case when first_on + interval 12 month <= cast($as_of as date) + interval 1 day
        then first_months end as value_first_12m
from histories join totals using (customer_id)
order by customer_id
