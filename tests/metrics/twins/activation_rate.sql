select count(*) filter (where waited <= 30) / nullif(count(*), 0) as value from newcomers
