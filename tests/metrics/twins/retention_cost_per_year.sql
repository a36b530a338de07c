select care as value from year_care
