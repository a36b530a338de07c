select count(*) filter (where orders >= 2) / nullif(count(*), 0) as value from people
