-- Product revenue per purchase of each calendar month.
select strftime(ordered_on, '%Y-%m') as month, sum(net) / count(*) as value
from orders
where ordered_on between $from and $to
group by month
order by month
