"""What keeps alerts answerable: one row for one cause, planned work, shelves, flapping, floods. Presses stay out of it."""
