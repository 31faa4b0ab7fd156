"""TODO-LEAD."""
