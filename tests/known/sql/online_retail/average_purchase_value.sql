-- Product revenue per order of known customers in the 365 days that end the period.
select sum(net) / count(*) as value
from orders
where customer_id is not null
  and ordered_on <= $to and date_diff('day', ordered_on, cast($to as date)) < 365
