"""What Alembic runs for each migration: the caller's connection and transaction, nothing else.

A new migration is a file in `versions/`: the next number, with `down_revision` naming the one before.
"""

from alembic import context

context.configure(
    connection=context.config.attributes["connection"],
    transactional_ddl=True,  # Both databases take tables and rows in one transaction.
    render_as_batch=True,  # SQLite alters a table by writing it anew.
)
with context.begin_transaction():
    context.run_migrations()
