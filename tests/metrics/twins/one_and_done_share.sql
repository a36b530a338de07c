select
    count(*) filter (where orders = 1 and getvariable('to_day') - last_on > getvariable('window_days'))
    / nullif(count(*), 0) as value
from people
