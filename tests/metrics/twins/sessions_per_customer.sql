select sum(n) / nullif(count(distinct customer_id), 0) as value from site_visits where customer_id is not null
