"""One long English text: the topics of Python's `help()`, which every CPython carries."""

from __future__ import annotations


def text() -> str:
    """Some 700,000 characters; other versions of Python have other ones."""
    from pydoc_data.topics import topics

    return "\n\n".join(topics[name].strip() for name in sorted(topics)) + "\n"
