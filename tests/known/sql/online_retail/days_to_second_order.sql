-- Median days from a customer's first to second purchase day.
with days as (
    select
        customer_id, ordered_on,
        row_number() over (partition by customer_id order by ordered_on) as nth
    from (
        select distinct customer_id, ordered_on
        from orders
        where customer_id is not null and ordered_on <= $to
    )
)
select quantile_cont(date_diff('day', one.ordered_on, two.ordered_on), 0.5) as value
from days as one join days as two using (customer_id)
where one.nth = 1 and two.nth = 2
