select median(gap) as value from purchase_days where number = 2
