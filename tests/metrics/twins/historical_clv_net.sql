with earned as (
    select case when count(*) = count(margin) then coalesce(sum(margin), 0) end as margin
    from moves semi join people using (customer_id)
    where day <= getvariable('to_day')
),
spent as (
    select coalesce(sum(amount), 0) as amount
    from shared_spend semi join people using (customer_id)
    where day <= getvariable('to_day')
)
select case when acquisition and retention
    then (margin - amount) / nullif((select count(*) from people), 0) end as value
from earned, spent, spend_is_known
