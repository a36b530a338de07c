select count(*) as value from period_states where at_start and at_end
