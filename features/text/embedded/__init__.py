"""Corpora that need no download.

The characters are of CPython's own documentation. All else was written for this project: sentences
made from patterns and a lexicon, and some by hand. They are there to learn from in a minute; what a
model reaches on them says nothing of other text.
"""
