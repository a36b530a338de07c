-- What several twins read. Variables: from_day, to_day, window_days. `all_orders` is never filtered.
create or replace temp table known_firsts as
select customer_id, min(ordered_on) as first_on
from all_orders
where is_purchase and customer_id is not null
group by customer_id;

create or replace temp table bought as
select order_id, customer_id, ordered_on, net, cost, channel, ordered_at
from orders
where is_purchase;

-- Lines that count, by order.
create or replace temp table sold as
select l.order_id, o.customer_id, o.ordered_on, l.gross, l.discount, l.net, l.net - l.cost as margin
from order_lines l join orders o using (order_id)
where o.is_purchase and l.excluded_by is null;

-- Everything that moved value: sales up, returns down.
create or replace temp table moves as
select customer_id, ordered_on as day, net, margin from sold
union all
select customer_id, refunded_on, -net, -(net - cost) from refunds;

-- One row per known customer with a purchase by to_day.
create or replace temp table people as
select
    customer_id,
    min(ordered_on) as first_on,
    max(ordered_on) as last_on,
    count(*) as orders,
    max(ordered_on) filter (where ordered_on < getvariable('from_day')) as last_before
from bought
where customer_id is not null and ordered_on <= getvariable('to_day')
group by customer_id;

create or replace temp table purchase_days as
select customer_id, day, day - lag(day) over (partition by customer_id order by day) as gap,
    row_number() over (partition by customer_id order by day) as number
from (
    select distinct customer_id, ordered_on as day
    from bought
    where customer_id is not null and ordered_on <= getvariable('to_day')
);

create or replace temp table period_states as
select
    coalesce(getvariable('from_day') - 1 - last_before <= getvariable('window_days'), false) as at_start,
    getvariable('to_day') - last_on <= getvariable('window_days') as at_end,
    first_on >= getvariable('from_day') as is_new
from people;

-- The 365 days to to_day: orders and sales of known customers.
create or replace temp table year_totals as
select
    count(*) as orders,
    count(distinct customer_id) as buyers,
    coalesce(sum(net), 0) as revenue,
    365.0 / least(365, getvariable('to_day') - getvariable('first_day') + 1) as scale
from bought
where customer_id is not null
    and ordered_on <= getvariable('to_day') and ordered_on > getvariable('to_day') - 365;

create or replace temp table year_margin as
select case when count(*) = count(margin) then coalesce(sum(margin), 0) end as margin
from sold
where customer_id is not null
    and ordered_on <= getvariable('to_day') and ordered_on > getvariable('to_day') - 365;

create or replace temp table yearly_churn as
with span as (
    select case
        when getvariable('to_day') - 364 - getvariable('first_day') >= getvariable('window_days')
        then getvariable('to_day') - 364
        else getvariable('first_day') + getvariable('window_days') + 1
    end as start_on
),
states as (
    select customer_id, max(ordered_on) as last_on,
        max(ordered_on) filter (where ordered_on < start_on) as before_on
    from bought, span
    where customer_id is not null and ordered_on <= getvariable('to_day')
    group by customer_id
),
lost as (
    select avg(case when getvariable('to_day') - last_on > getvariable('window_days')
                    then 1.0 else 0 end) as share
    from states, span
    where start_on - 1 - before_on <= getvariable('window_days')
)
select case when getvariable('to_day') - start_on + 1 >= 28
    then 1 - pow(1 - share, 365.0 / (getvariable('to_day') - start_on + 1)) end as churn
from lost, span;

create or replace temp table lifetime as
select revenue / nullif(orders, 0) * orders / nullif(buyers, 0) * scale / nullif(churn, 0) as revenue,
    1 / nullif(churn, 0) as years
from year_totals, yearly_churn;

create or replace temp table lifetime_margin as
select lifetime.revenue * margin / nullif(year_totals.revenue, 0) as margin, years
from lifetime, year_totals, year_margin;

create or replace temp table year_cac as
select
    (select sum(amount) from costs
     where kind = 'acquisition'
        and day <= getvariable('to_day') and day > getvariable('to_day') - 365)
    / nullif(
        (select count(*) from people where first_on > getvariable('to_day') - 365), 0) as cac;

create or replace temp table year_care as
select
    (select sum(amount) from costs
     where kind = 'retention'
        and day <= getvariable('to_day') and day > getvariable('to_day') - 365)
    / nullif(buyers, 0) as care
from year_totals;

-- Spend that falls to each customer, on its day.
create or replace temp table shared_spend as
with won as (
    select customer_id, first_on as day, channel, date_trunc('month', first_on) as month
    from known_firsts join customers using (customer_id)
),
paid as (
    select channel, date_trunc('month', day) as month, sum(amount) as amount
    from costs where kind = 'acquisition' group by all
),
came as (
    select customer_id, date_trunc('month', ordered_on) as month, min(ordered_on) as day
    from all_orders where is_purchase and customer_id is not null group by all
),
cared as (
    select date_trunc('month', day) as month, sum(amount) as amount
    from costs where kind = 'retention' group by all
)
select customer_id, day, amount / count(*) over (partition by channel, month) as amount
from won join paid using (channel, month)
union all
select customer_id, day, amount / count(*) over (partition by month)
from came join cared using (month);

create or replace temp table spend_is_known as
select count(*) filter (where kind = 'acquisition') > 0 as acquisition,
    count(*) filter (where kind = 'retention') > 0 as retention
from costs;
