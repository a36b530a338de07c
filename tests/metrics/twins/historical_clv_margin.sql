select case when count(*) = count(margin) then coalesce(sum(margin), 0) end
    / nullif((select count(*) from people), 0) as value
from moves semi join people using (customer_id)
where day <= getvariable('to_day')
