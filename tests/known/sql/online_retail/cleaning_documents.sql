-- Documents by kind; sale documents left without a product line; orders without a customer.
select
    count(distinct invoice) filter (where document = 'sale') as sale_documents,
    count(distinct invoice) filter (where document = 'return') as return_documents,
    count(distinct invoice) filter (where document = 'adjustment') as adjustment_documents,
    (select count(*) from orders) as purchases,
    count(distinct invoice) filter (where document = 'sale') - (select count(*) from orders)
        as no_product_documents,
    (select count(*) from orders where customer_id is null) as guest_orders,
    (select count(*) from orders where net = 0) as orders_worth_zero,
    (select count(*) from refunds) as refund_lines,
    (select count(distinct refund_id) from refunds) as refund_documents,
    (select count(*) from refunds where customer_id is null) as guest_refund_lines,
    count(*) filter (where document = 'return') as return_lines,
    count(*) filter (where customer_id is null) as lines_without_customer
from lines
