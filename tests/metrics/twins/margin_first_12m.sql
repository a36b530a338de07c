with ripe as (
    select customer_id, first_on from people
    where first_on + interval 12 month <= getvariable('to_day') + interval 1 day
)
select case when count(*) = count(margin) then sum(margin) end
    / nullif(count(distinct customer_id), 0) as value
from moves join ripe using (customer_id)
where day >= first_on and day < first_on + interval 12 month
