select sum(last_on - first_on) / 365.0 / nullif(count(*), 0) as value from people
