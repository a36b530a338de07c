-- CDNOW 1/10 sample: one order per customer and day until $as_of; identical rows are all kept and
-- orders worth 0 are activity. $file: the sample as Parquet, every column text.
create or replace temp table orders as
select
    sample_id as customer_id,
    cast(strptime(date, '%Y%m%d') as date) as ordered_on,
    sum(cast(dollar_value as decimal(18, 4))) as net
from read_parquet($file)
where cast(strptime(date, '%Y%m%d') as date) <= $as_of
group by sample_id, date;
