select case when count(*) = count(margin) then coalesce(sum(margin), 0) end as value
from moves
where day between getvariable('from_day') and getvariable('to_day')
