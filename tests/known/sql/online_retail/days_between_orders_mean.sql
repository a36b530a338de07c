-- Mean days between two consecutive purchase days of a customer.
with days as (
    select distinct customer_id, ordered_on
    from orders
    where customer_id is not null and ordered_on <= $to
),
gaps as (
    select date_diff('day', lag(ordered_on) over next, ordered_on) as gap
    from days
    window next as (partition by customer_id order by ordered_on)
)
select avg(gap) as value
from gaps
where gap is not null
