"""The chapters of the report, one file each: figures in, blocks out."""
