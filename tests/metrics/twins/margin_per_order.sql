select case when count(*) = count(margin) then sum(margin) end / nullif(count(distinct order_id), 0)
    as value
from sold
where ordered_on between getvariable('from_day') and getvariable('to_day')
