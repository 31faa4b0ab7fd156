"""The service database: connections, tables, migrations, and turns that instances take in it."""
