-- Known customers with a purchase until the end of the period.
select count(distinct customer_id) as value from orders where ordered_on <= $to
