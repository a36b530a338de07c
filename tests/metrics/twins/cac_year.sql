select cac as value from year_cac
