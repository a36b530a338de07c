-- Upper reference: refund lines with an earlier kept sale line of the same customer and product,
-- of at least the quantity given back. One sale line may serve several refunds here.
with sales as (
    select customer_id, code, moment, quantity
    from lines
    where document = 'sale' and excluded_by is null and customer_id is not null
),
returned as (
    select row_number() over () as refund, customer_id, code, moment, -quantity as quantity
    from lines
    where document = 'return' and excluded_by is null
)
select
    count(*) as refund_lines,
    count(*) filter (where customer_id is not null) as with_customer,
    count(*) filter (where exists (
        select 1 from sales
        where sales.customer_id = returned.customer_id and sales.code = returned.code
          and sales.moment <= returned.moment and sales.quantity >= returned.quantity
    )) as matched
from returned
