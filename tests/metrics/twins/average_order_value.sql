select sum(net) / nullif(count(*), 0) as value from bought where ordered_on between getvariable('from_day') and getvariable('to_day')
