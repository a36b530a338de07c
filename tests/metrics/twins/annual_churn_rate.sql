select churn as value from yearly_churn
