select count(*) as value from payers where closing > 0
