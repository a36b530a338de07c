select coalesce((select n from unique_events where event = 'unsubscribe'), 0) / nullif(n, 0) as value from delivered
