select count(*) as value from everybody where known_on <= getvariable('to_day') and (bought_on is null or bought_on > getvariable('to_day'))
