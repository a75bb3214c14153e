"""The parts of the report: each turns what was found into words, tables and drawings."""
