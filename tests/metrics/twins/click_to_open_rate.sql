select coalesce((select n from unique_events where event = 'email_click'), 0) / (select n from unique_events where event = 'email_open') as value
