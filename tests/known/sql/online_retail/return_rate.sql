-- Product value given back in the period per product revenue of the period.
select
    (select coalesce(sum(net), 0) from refunds where refunded_on between $from and $to)
    / nullif((select sum(net) from orders where ordered_on between $from and $to), 0) as value
