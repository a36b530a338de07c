-- CDNOW, all customers: one order per customer and day, identical rows all kept, value 0 is activity.
create or replace temp table orders as
select
    customer_id,
    cast(strptime(date, '%Y%m%d') as date) as ordered_on,
    sum(cast(dollar_value as decimal(18, 4))) as net
from read_parquet($file)
where cast(strptime(date, '%Y%m%d') as date) <= $as_of
group by customer_id, date;
