"""Takes readings and incidents out of the journal as JSON lines, for those who prove or reckon with them elsewhere."""
