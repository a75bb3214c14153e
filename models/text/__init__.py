"""Models of text: the cells by hand, language models, classifiers, translators, captions."""
