"""What a lasting Prefect server has to hold for the nights, and the processes around it."""
