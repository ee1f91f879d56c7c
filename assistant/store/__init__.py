"""SQLite: schema, migrations, the only writer, queries, retention."""
