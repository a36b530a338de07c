select coalesce(sum(closing), 0) as value from payers where opening = 0 and not paid_before
