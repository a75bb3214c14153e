"""The flow `text`: the models of the course's first four chapters, trained and tracked."""
