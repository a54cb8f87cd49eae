"""Names and texts to learn from: two lists of names, Shakespeare, and files of the user's own.

>>> import corpora
>>> corpora.names().items[:3]
('emma', 'olivia', 'ava')
>>> corpora.get("indian-names").alphabet[:3]
('.', 'a', 'b')
"""

from corpora.builtin import BUILTIN, get, indian_names, names
from corpora.dataset import END, Dataset
from corpora.files import load
from corpora.plays import shakespeare

__all__ = ["BUILTIN", "END", "Dataset", "get", "indian_names", "load", "names", "shakespeare"]
