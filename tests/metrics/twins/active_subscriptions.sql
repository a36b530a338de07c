select count(*) as value from contracts where paid_from <= getvariable('to_day') and paid_to > getvariable('to_day')
