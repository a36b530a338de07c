-- Product value of the purchases of the period, before returns, guests included.
select coalesce(sum(net), 0) as value from orders where ordered_on between $from and $to
