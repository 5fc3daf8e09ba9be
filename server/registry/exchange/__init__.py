"""Sheets that come and go as workbooks and CSV files: read whole or not at all, each fault told by its row and column."""
