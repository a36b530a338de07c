select revenue as value from lifetime
