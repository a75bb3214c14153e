"""The text models on published corpora: `python -m benchmarks.text --data DIR --task NAME`."""
