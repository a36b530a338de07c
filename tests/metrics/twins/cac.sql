select
    (select sum(amount) from costs where kind = 'acquisition' and day between getvariable('from_day') and getvariable('to_day'))
    / nullif((select count(*) from people where first_on >= getvariable('from_day')), 0) as value
