select 12 * coalesce(sum(mrr), 0) as value from contracts where paid_from <= getvariable('to_day') and paid_to > getvariable('to_day')
