-- Retention of each calendar month that lies within the period: active on its eve and on its end.
with months as (
    select
        cast(m as date) as month_start,
        cast(m + interval 1 month - interval 1 day as date) as month_end
    from unnest(generate_series(
        date_trunc('month', cast($from as date)), cast($to as date), interval 1 month
    )) as series (m)
    where m + interval 1 month - interval 1 day <= $to
),
states as (
    select
        month_start, month_end,
        max(ordered_on) filter (where ordered_on < month_start) as last_before,
        max(ordered_on) as last_on
    from months join orders on ordered_on <= month_end
    where customer_id is not null
    group by month_start, month_end, customer_id
)
select
    strftime(month_start, '%Y-%m') as month,
    count(*) filter (where date_diff('day', last_on, month_end) <= $window) / count(*) as value,
    count(*) as customers_at_start
from states
where date_diff('day', last_before, month_start) - 1 <= $window
group by month_start
order by month
