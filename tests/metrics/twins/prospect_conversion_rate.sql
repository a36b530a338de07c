select count(*) filter (where bought_on <= getvariable('to_day')) / nullif(count(*), 0) as value
from everybody where known_on < getvariable('from_day') and (bought_on is null or bought_on >= getvariable('from_day'))
