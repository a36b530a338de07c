-- UCI Online Retail II: from the raw file to orders and refunds, by the written cleaning rules.
-- Run once per connection; every other file of this folder is one SELECT on the tables made here.
-- $file: the Parquet file. $as_of: the snapshot date; nothing later is seen.

-- Rule 1: rows equal in every column are one row.
create or replace temp table distinct_rows as
select
    Invoice as invoice, StockCode as stock_code, Description as description,
    Quantity as quantity, InvoiceDate as written_date, Price as price,
    "Customer ID" as written_customer, Country as country,
    count(*) as copies
from read_parquet($file)
group by all;

-- Rules 2 and 3: the kind of document, and what the stock code says the line is.
create or replace temp table typed_rows as
select
    invoice,
    case upper(left(trim(invoice), 1))
        when 'C' then 'return' when 'A' then 'adjustment' else 'sale'
    end as document,
    upper(trim(stock_code)) as code,
    cast(strptime(written_date, '%Y-%m-%d %H:%M:%S') as date) as day,
    strptime(written_date, '%Y-%m-%d %H:%M:%S') as moment,
    cast(cast(written_customer as bigint) as varchar) as customer_id,
    country, quantity, copies,
    cast(round(price, 4) as decimal(18, 4)) as price,
    cast(quantity * cast(round(price, 4) as decimal(18, 4)) as decimal(18, 4)) as amount
from distinct_rows;

create or replace temp table kinds as
select
    *,
    case
        when document = 'adjustment' then 'adjustment'
        when code in ('POST', 'DOT', 'C2', 'C3') then 'shipping'
        when code in ('M', 'ADJUST', 'ADJUST2', 'B') then 'adjustment'
        when code = 'D' then 'discount_line'
        when code in ('BANK CHARGES', 'AMAZONFEE', 'CRUK') then 'fee'
        when code in ('S', 'SAMPLES') then 'sample'
        when code like 'GIFT%' then 'gift_card'
        when code like 'TEST%' then 'test'
    end as no_product_because
from typed_rows;

-- Rules 4 and 5: prices of 0. A line has one rule: the first that applies, in this order.
create or replace temp table lines as
select
    *,
    case
        when no_product_because is not null then no_product_because
        when price = 0 and customer_id is null then 'stock_movement'
        when price = 0 and document = 'sale' and count(*) filter (
            where no_product_because is null and price > 0
        ) over (partition by invoice) > 0 then 'zero_price_line'
    end as excluded_by
from kinds;

-- Rule 6: an order is a sale document with a line left.
create or replace temp table orders as
select
    invoice as order_id,
    min(customer_id) as customer_id,
    min(country) as country,
    min(moment) as ordered_at,
    cast(min(moment) as date) as ordered_on,
    cast(sum(amount) as decimal(18, 4)) as net
from lines
where document = 'sale' and excluded_by is null
group by invoice
having cast(min(moment) as date) <= $as_of;

-- Rule 7: what was given back, line by line, on the day it was given back.
create or replace temp table refunds as
select invoice as refund_id, customer_id, country, day as refunded_on, code, quantity, -amount as net
from lines
where document = 'return' and excluded_by is null and day <= $as_of;
