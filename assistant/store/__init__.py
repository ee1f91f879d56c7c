"""SQLite: schema, migrations, the only writer, queries, retention, forgetting, export and import."""

from assistant.store.queries import Reader
from assistant.store.store import Store, export_to, open_reader, open_store

__all__ = ["Reader", "Store", "export_to", "open_reader", "open_store"]
