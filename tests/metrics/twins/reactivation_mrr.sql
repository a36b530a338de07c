select coalesce(sum(closing), 0) as value from payers where opening = 0 and paid_before
