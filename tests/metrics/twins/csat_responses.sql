select count(*) as value from csat_answers
