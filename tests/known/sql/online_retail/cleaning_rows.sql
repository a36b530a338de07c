-- Rows of the file, rows after merging identical ones, and surplus rows merged away.
select
    cast(sum(copies) as bigint) as rows_read,
    count(*) as rows_kept,
    cast(sum(copies) - count(*) as bigint) as merged_duplicates
from distinct_rows
