select coalesce(sum(n), 0) as value from site_visits
