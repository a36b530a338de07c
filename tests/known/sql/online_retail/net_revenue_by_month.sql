-- Net revenue of each calendar month that the period touches, on the days of the period.
select strftime(day, '%Y-%m') as month, sum(net) as value
from (
    select ordered_on as day, net from orders
    union all
    select refunded_on, -net from refunds
)
where day between $from and $to
group by month
order by month
