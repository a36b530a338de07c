select coalesce(sum(opening - closing), 0) as value from payers where closing > 0 and closing < opening
