"""Settings of clients about how media are stored, and the credentials that these name."""
