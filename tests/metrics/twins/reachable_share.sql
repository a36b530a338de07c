select case when getvariable('to_day') = getvariable('last_day') then
    count(*) filter (where exists (select 1 from raw_consents c where c.customer_id = p.customer_id
        and c.channel = 'email' and c.purpose = 'marketing' and c.status = 'subscribed' and not c.suppressed))
    / nullif(count(*), 0) end as value
from chosen_customers p where first_order_on is not null
