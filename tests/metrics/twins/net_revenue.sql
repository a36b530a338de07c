select coalesce(sum(net), 0) as value from moves where day between getvariable('from_day') and getvariable('to_day')
