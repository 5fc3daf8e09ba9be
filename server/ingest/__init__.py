"""From raw bytes to committed records and receipts: a pure host in the middle, doors and journal around it."""
