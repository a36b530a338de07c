-- Lines to which more than one rule could be applied: only their count per rule depends on the order
-- of the rules, never an amount.
select
    count(*) filter (where no_product_because is not null and price = 0 and customer_id is null)
        as no_product_or_stock_movement,
    count(*) filter (where excluded_by = 'stock_movement' and valued > 0)
        as stock_movement_or_zero_price_line,
    count(*) filter (where document = 'return' and price = 0 and excluded_by is null)
        as returned_at_price_zero,
    count(*) filter (where document = 'adjustment' and code = 'B') as adjustment_twice
from (
    select
        *,
        count(*) filter (where no_product_because is null and price > 0)
            over (partition by invoice) as valued
    from lines
)
