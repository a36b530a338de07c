-- Annual churn.
-- The 365 days that end the period; when fewer than $window days of history stand before them, the
-- longest period that starts at the first purchase day + $window + 1, brought to 365 days.
-- No figure when that leaves fewer than 28 days.
with starts as (
    select
        cast($to as date) - 364 as year_start,
        min(ordered_on) as first_day
    from orders
    where customer_id is not null
),
spans as (
    select
        case
            when date_diff('day', first_day, year_start) >= $window then year_start
            else cast(first_day + cast($window as integer) + 1 as date)
        end as span_start
    from starts
),
states as (
    select
        span_start,
        max(ordered_on) filter (where ordered_on < span_start) as last_before,
        max(ordered_on) as last_on
    from orders, spans
    where customer_id is not null and ordered_on <= $to
    group by span_start, customer_id
),
churned as (
    select
        date_diff('day', any_value(span_start), cast($to as date)) + 1 as span_days,
        count(*) filter (where date_diff('day', last_on, cast($to as date)) > $window)
        / nullif(count(*), 0) as share
    from states
    where date_diff('day', last_before, span_start) - 1 <= $window
),
annual as (
    select case when span_days >= 28 then 1 - pow(1 - share, 365.0 / span_days) end as churn
    from churned
)
select churn as value from annual
