-- Demo orders of the R package rfm, until $as_of. The file has no order number: with
-- $one_order = 'row' each row is an order, as the package counts; with 'customer_day' the rows of a
-- customer and day are one order, as everywhere else where a source has no order number.
create or replace temp table orders as
select
    customer_id,
    cast(order_date as date) as ordered_on,
    sum(cast(revenue as decimal(18, 4))) as net
from (select *, row_number() over () as row_number from read_parquet($file))
where cast(order_date as date) <= $as_of
group by
    customer_id, order_date,
    case $one_order when 'row' then row_number when 'customer_day' then 0 end;
