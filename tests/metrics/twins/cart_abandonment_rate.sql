select count(*) filter (where not has_purchase) / nullif(count(*), 0) as value from site_visits where has_basket
