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

-- Everybody, with the first day on which any table knows them.
create or replace temp table everybody as
with signs as (
    select customer_id, created_on as day from chosen_customers
    union all select customer_id, first_order_on from chosen_customers
    union all select customer_id, occurred_on from raw_events
    union all select customer_id, answered_on from raw_surveys
    union all select customer_id, started_on from raw_subscriptions
    union all select customer_id, said_on from raw_consents
)
select p.customer_id, p.first_order_on as bought_on,
    coalesce((select min(day) from signs s where s.customer_id = p.customer_id),
             getvariable('last_day')) as known_on
from chosen_customers p;

-- New customers of the period and when they did something else than buy.
create or replace temp table deeds as
select customer_id, occurred_on as day from raw_events
where customer_id is not null and event in ('login', 'usage', 'session', 'page_view', 'product_view',
    'search', 'cart', 'checkout', 'email_click', 'sms_click', 'training')
union
select customer_id, answered_on from raw_surveys where customer_id is not null;

create or replace temp table newcomers as
select p.customer_id,
    (select min(day) from deeds d where d.customer_id = p.customer_id and d.day > p.first_order_on)
        - p.first_order_on as waited
from chosen_customers p
where p.first_order_on between getvariable('from_day') and getvariable('to_day')
    and p.first_order_on >= (select min(day) from deeds)
    and p.first_order_on + 30 <= (select max(day) from deeds);

-- One answer per person and survey: the last of the period.
create or replace temp table last_answers as
with given as (
    select *, coalesce(scale_max, case when kind = 'nps' then 10 else
        (select min(one) from unnest([1, 2, 3, 5, 7, 10, 100]) as t(one)
         where one >= (select max(score) from raw_surveys o
                       where o.source = s.source and o.kind = s.kind
                         and o.survey is not distinct from s.survey)) end) as top
    from chosen_surveys s
    where answered_on between getvariable('from_day') and getvariable('to_day')
)
select * from given g
where customer_id is null or not exists (
    select 1 from given later
    where later.customer_id = g.customer_id and later.kind = g.kind
      and later.survey is not distinct from g.survey
      and (later.answered_on, later.response_id) > (g.answered_on, g.response_id));

create or replace temp table nps_answers as
select * from last_answers where kind = 'nps' and top = 10 and score between 0 and 10;

create or replace temp table csat_answers as
select * from last_answers where kind = 'csat' and score between 0 and top;

-- Days on which each subscription is paid for: from paid_from, until the day before paid_to.
create or replace temp table contracts as
select subscription_id, customer_id, mrr,
    coalesce(customer_id, subscription_id) as holder,
    case when trial_until_on >= started_on then trial_until_on + 1 else started_on end as paid_from,
    case when ended_on is not null then ended_on
         when status in ('cancelled', 'expired') and cancelled_on is not null then cancelled_on
         when status not in ('active', 'past_due', 'cancelled', 'expired', 'paused', 'trialing') then started_on
         when status in ('cancelled', 'expired', 'paused', 'trialing') then getvariable('last_day')
         else date '9999-12-31' end as paid_to
from chosen_subscriptions;

create or replace temp table payers as
select holder,
    coalesce(sum(mrr) filter (where paid_from < getvariable('from_day')
                              and paid_to >= getvariable('from_day')), 0) as opening,
    coalesce(sum(mrr) filter (where paid_from <= getvariable('to_day')
                              and paid_to > getvariable('to_day')), 0) as closing,
    count(*) filter (where mrr > 0 and paid_from < paid_to
                     and paid_from < getvariable('from_day')) > 0 as paid_before
from contracts
group by holder;

create or replace temp table happened as
select * from chosen_events
where occurred_on between getvariable('from_day') and getvariable('to_day');

-- How many of each kind: a person counts once per campaign, a count of nobody as it stands.
create or replace temp table unique_events as
select event, count(distinct (source, customer_id, coalesce(campaign, '<none>')))
        filter (where customer_id is not null)
    + coalesce(sum(quantity) filter (where customer_id is null), 0) as n
from happened group by event;

create or replace temp table delivered as
select coalesce(sum(quantity) filter (where event = 'email_sent'), 0)
    - coalesce(sum(quantity) filter (where event = 'email_bounce'), 0) as n
from happened;

create or replace temp table site_visits as
with named as (
    select *, case
        when session_id is not null then source || '/' || session_id
        when customer_id is not null then source || '/' || customer_id || '/' || occurred_on
        when event = 'session' then source || '/' || event_id end as visit
    from chosen_events
    where event in ('session', 'login', 'page_view', 'product_view', 'search', 'cart', 'checkout',
                    'purchase')
)
select visit, min(occurred_on) as began_on, min(customer_id) as customer_id,
    case when count(session_id) > 0 then 1
         else coalesce(max(quantity) filter (where event = 'session'), 1) end as n,
    count(*) filter (where event in ('cart', 'checkout')) > 0 as has_basket,
    count(*) filter (where event = 'purchase') > 0 as has_purchase
from named where visit is not null
group by visit
having count(*) filter (where event <> 'purchase') > 0
    and min(occurred_on) between getvariable('from_day') and getvariable('to_day');
