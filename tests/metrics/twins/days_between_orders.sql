select median(gap) as value from purchase_days where gap is not null
