select margin - cac - care * years as value from lifetime_margin, year_cac, year_care
