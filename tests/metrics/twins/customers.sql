select count(*) as value from people
