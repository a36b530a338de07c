-- Product value of the purchases of the period minus what was given back in it.
select
    (select coalesce(sum(net), 0) from orders where ordered_on between $from and $to)
    - (select coalesce(sum(net), 0) from refunds where refunded_on between $from and $to)
    as value
