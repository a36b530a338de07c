select count(*) filter (where at_start and not at_end) / nullif(count(*) filter (where at_start), 0)
    as value
from period_states
