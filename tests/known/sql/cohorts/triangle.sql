-- Monthly cohorts by first purchase: size, customers with an order in the k-th calendar month after
-- it, revenue and orders of that month and until then, per customer of the cohort. One row for every
-- month that has begun by $as_of; `complete` when it has ended.
with firsts as (
    select
        customer_id,
        cast(date_trunc('month', min(ordered_on)) as date) as cohort
    from orders
    group by customer_id
),
sizes as (select cohort, count(*) as size from firsts group by cohort),
cells as (
    select
        cohort, size,
        unnest(range(0, date_diff('month', cohort, cast($as_of as date)) + 1)) as month
    from sizes
),
facts as (
    select
        cohort,
        date_diff('month', cohort, ordered_on) as month,
        count(distinct customer_id) as retained,
        count(*) as orders,
        sum(net) as revenue
    from orders join firsts using (customer_id)
    group by cohort, 2
)
select
    strftime(cohort, '%Y-%m') as cohort,
    month,
    size,
    coalesce(retained, 0) as retained,
    coalesce(orders, 0) as orders,
    coalesce(revenue, 0) as revenue,
    sum(coalesce(revenue, 0)) over until_then as cumulative_revenue,
    sum(coalesce(revenue, 0)) over until_then / size as cumulative_revenue_per_customer,
    sum(coalesce(orders, 0)) over until_then / size as cumulative_orders_per_customer,
    cohort + to_months(cast(month as integer) + 1) <= cast($as_of as date) + interval 1 day
        as complete
from cells left join facts using (cohort, month)
window until_then as (partition by cohort order by month rows unbounded preceding)
order by cohort, month
