select count(*) filter (where score >= case when top <= 3 then top when top <= 10 then top - 1 else top * 0.8 end)
    / nullif(count(*), 0) as value
from csat_answers
