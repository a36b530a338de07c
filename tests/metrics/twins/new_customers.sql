select count(*) as value from people where first_on >= getvariable('from_day')
