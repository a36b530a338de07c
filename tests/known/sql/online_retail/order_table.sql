-- Every purchase with its day, customer and product value.
select order_id, customer_id, ordered_on, net from orders order by order_id
