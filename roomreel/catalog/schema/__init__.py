"""What files of the catalogs hold, as Arrow has it: schemas, their version, and earlier ones."""
