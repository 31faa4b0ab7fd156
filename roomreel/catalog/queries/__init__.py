"""What people ask of the tables: filtered rows, SQL, views."""
