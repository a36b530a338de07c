select coalesce(sum(opening), 0) as value from payers where closing = 0
