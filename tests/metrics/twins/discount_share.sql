select sum(discount) / nullif(sum(gross), 0) as value from sold where ordered_on between getvariable('from_day') and getvariable('to_day')
