select
    (select count(distinct customer_id) from bought where ordered_on between getvariable('from_day') and getvariable('to_day'))
    / nullif((select count(*) from people), 0) as value
