select median(hours) as value from happened where event = 'ticket'
