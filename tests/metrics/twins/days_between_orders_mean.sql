select avg(gap) as value from purchase_days where gap is not null
