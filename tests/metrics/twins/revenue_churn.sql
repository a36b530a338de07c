select sum(greatest(opening - closing, 0)) filter (where opening > 0) / nullif(sum(opening), 0) as value from payers
