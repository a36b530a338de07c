select count(*) as value from period_states where at_end and not at_start and not is_new
