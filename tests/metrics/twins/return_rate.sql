select
    (select coalesce(sum(net), 0) from refunds where refunded_on between getvariable('from_day') and getvariable('to_day'))
    / nullif((select sum(net) from bought where ordered_on between getvariable('from_day') and getvariable('to_day')), 0) as value
