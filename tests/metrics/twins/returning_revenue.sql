select coalesce(sum(net), 0) as value
from moves left join known_firsts using (customer_id)
where day between getvariable('from_day') and getvariable('to_day')
    and customer_id is not null and not coalesce(first_on between getvariable('from_day') and getvariable('to_day'), false)
