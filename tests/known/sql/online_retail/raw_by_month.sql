-- The file itself: sum of quantity x price by month, no rule applied.
select
    substr(InvoiceDate, 1, 7) as month,
    sum(cast(Quantity * cast(round(Price, 4) as decimal(18, 4)) as decimal(18, 4))) as amount,
    count(*) as rows
from read_parquet($file)
group by month
order by month
