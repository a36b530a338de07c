-- Net revenue of the period by the country of the order, or of the return document.
select country, sum(net) as value
from (
    select country, net from orders where ordered_on between $from and $to
    union all
    select country, -net from refunds where refunded_on between $from and $to
)
group by country
order by country
