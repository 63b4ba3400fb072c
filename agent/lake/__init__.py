"""SQL over evidence records: DuckDB that can read what it is given and nothing else (design sections 4 and 6)."""
