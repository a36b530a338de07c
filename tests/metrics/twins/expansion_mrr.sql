select coalesce(sum(closing - opening), 0) as value from payers where opening > 0 and closing > opening
