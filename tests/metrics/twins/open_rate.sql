select coalesce((select n from unique_events where event = 'email_open'), 0) / nullif(n, 0) as value from delivered
