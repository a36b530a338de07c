select count(*) filter (where has_purchase) / nullif(sum(n), 0) as value from site_visits
