select 1 / nullif(churn, 0) as value from yearly_churn
