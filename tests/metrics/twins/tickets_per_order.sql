select coalesce((select sum(quantity) from happened where event = 'ticket'), 0)
    / nullif((select count(distinct order_id) from bought where ordered_on between getvariable('from_day') and getvariable('to_day')), 0) as value
