"""Text: corpora, vocabularies and batches of the course's models."""
