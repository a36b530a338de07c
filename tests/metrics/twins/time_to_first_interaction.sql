with waits as (select case when waited <= 30 then waited end as days from newcomers),
ranked as (select days, row_number() over (order by days nulls last) as place, count(*) over () as n from waits)
select case when count(days) = count(*) then avg(days) end as value
from ranked where place in ((n + 1) // 2, (n + 2) // 2)
