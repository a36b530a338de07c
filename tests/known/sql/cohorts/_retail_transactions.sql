-- Retail transactions 2011-2015 (days like 14-Jan-15): no order number, so one order per customer
-- and day; rows equal in every column are one row.
create or replace temp table orders as
select
    customer_id,
    cast(strptime(trans_date, '%d-%b-%y') as date) as ordered_on,
    sum(cast(tran_amount as decimal(18, 4))) as net
from (select distinct * from read_parquet($file))
where cast(strptime(trans_date, '%d-%b-%y') as date) <= $as_of
group by customer_id, trans_date;
