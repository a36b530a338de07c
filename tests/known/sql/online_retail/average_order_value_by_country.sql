-- Product revenue per purchase of the period by country.
select country, sum(net) / count(*) as value
from orders
where ordered_on between $from and $to
group by country
order by country
