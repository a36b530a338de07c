-- What the file's own documentation says of it, counted on the raw rows, no rule applied.
select
    count(*) as rows,
    count(distinct Invoice) as invoices,
    count(distinct "Customer ID") as customers,
    count(*) filter (where "Customer ID" is null) as lines_without_customer,
    count(*) filter (where Price = 0) as zero_prices,
    count(*) filter (where Invoice like 'C%') as return_lines,
    count(*) filter (where Invoice like 'A%') as adjustment_lines,
    sum(cast(round(Quantity * Price, 2) as decimal(18, 2))) filter (where Invoice like 'A%')
        as adjustments,
    min(substr(InvoiceDate, 1, 10)) as first_day,
    max(substr(InvoiceDate, 1, 10)) as last_day
from read_parquet($file)
