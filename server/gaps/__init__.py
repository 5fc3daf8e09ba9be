"""The ledger of gaps (整改台账): what is not met or unknown, or was found by a visit, until somebody has seen it mended."""
