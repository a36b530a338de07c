-- Month by month: mean cumulative margin of the customers who have lived so long.
with ages as (select unnest(range(1, 200)) as m),
lived as (
    select m, customer_id, first_on, cast(first_on + to_months(cast(m as integer)) as date) as until
    from people, ages
    where cast(first_on + to_months(cast(m as integer)) as date) <= getvariable('to_day') + 1
),
earned as (
    select m, sum(margin) / count(distinct customer_id) as margin
    from lived join moves using (customer_id)
    where day >= first_on and day < until
    group by m
),
unknown as (
    select count(*) - count(margin) as rows
    from moves join people using (customer_id)
    where day >= first_on and day <= getvariable('to_day')
),
bill as (
    select
        (select sum(amount) from costs
         where kind = 'acquisition' and day <= getvariable('to_day'))
        / nullif((select count(*) from people), 0) as cac
)
select min(m) as value
from earned, bill, unknown
where margin >= cac and unknown.rows = 0
