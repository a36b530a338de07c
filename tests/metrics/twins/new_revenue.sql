select coalesce(sum(net), 0) as value
from moves join known_firsts using (customer_id)
where day between getvariable('from_day') and getvariable('to_day') and first_on between getvariable('from_day') and getvariable('to_day')
