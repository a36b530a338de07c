-- Orders of known customers in the 365 days that end the period, per known customer who ordered
-- in them; scaled to a year when the history is shorter than 365 days.
with days as (
    select least(365, date_diff('day', min(ordered_on), cast($to as date)) + 1) as known_days
    from orders
    where customer_id is not null
)
select (count(*) / count(distinct customer_id)) * 365.0 / any_value(known_days) as value
from orders, days
where customer_id is not null
  and ordered_on <= $to and date_diff('day', ordered_on, cast($to as date)) < 365
