"""The journal: the one store that counts. Raw batches, cursors, alarm events, alert facts and dead letters, in SQL."""
