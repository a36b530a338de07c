-- Lines set aside by each rule, by kind of document, after merging identical rows.
select excluded_by as rule, document, count(*) as lines, sum(amount) as amount
from lines
where excluded_by is not null
group by excluded_by, document
order by excluded_by, document
