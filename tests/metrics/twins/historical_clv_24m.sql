select coalesce(sum(net), 0) / nullif((select count(*) from people), 0) as value
from moves semi join people using (customer_id)
where day <= getvariable('to_day')
    and day > getvariable('to_day') - interval 24 month
