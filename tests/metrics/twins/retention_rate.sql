-- As the definition says it: customers at the end without the new and the reactivated ones.
select
    (
        count(*) filter (where at_end)
        - count(*) filter (where at_end and is_new)
        - count(*) filter (where at_end and not is_new and not at_start)
    ) / nullif(count(*) filter (where at_start), 0) as value
from period_states
