-- Purchases of the period, guests included.
select count(*) as value from orders where ordered_on between $from and $to
