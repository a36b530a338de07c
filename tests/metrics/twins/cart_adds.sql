select coalesce(sum(quantity), 0) as value from happened where event = 'cart'
