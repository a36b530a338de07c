-- Product revenue of the period, before returns, per purchase, guests included.
select sum(net) / count(*) as value from orders where ordered_on between $from and $to
