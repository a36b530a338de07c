select coalesce(sum(opening), 0) as value from payers
