"""What the course supplies to the labs: data, pictures, and ready-made pieces.

This folder stands next to your labs, and there is nothing to fill in. Read it if you are curious;
no answer to an exercise is in it.
"""

import sys
from pathlib import Path

# The labs run in their own folder, as a script or as a notebook; the data lies one folder up.
sys.path.append(str(Path(__file__).resolve().parents[2]))

from given.assistant import (
    answer,
    chat_model,
    fit,
    log_probabilities,
    names_loss,
    names_model,
    replace_modules,
)
from given.demo import SPACE_FILES, DryRun, name_generator, write_space
from given.gpt import GPT, Cache, CausalSelfAttention, GPTConfig, LanguageModel
from given.gpt2 import random_gpt2
from given.names import load_names, make_pairs, mappings, show_row, show_table
from given.parallel import Group, launch
from given.questions import (
    ChatTokenizer,
    TextIndex,
    chat,
    load_pairs,
    load_passages,
    load_unknowable,
)
from given.recurrent import pad_names, show_powers
from given.tables import TableModel, load_bigram
from given.text import (
    GPT2_PATTERN,
    list_tokens,
    load_text,
    show_bytes,
    tiktoken_encoding,
)
from given.training import TrainConfig, load_ids, save_checkpoint, show_history
from given.vectors import letter_attention, load_word_vectors

__all__ = [
    "GPT",
    "GPT2_PATTERN",
    "SPACE_FILES",
    "Cache",
    "CausalSelfAttention",
    "ChatTokenizer",
    "DryRun",
    "GPTConfig",
    "Group",
    "LanguageModel",
    "TableModel",
    "TextIndex",
    "TrainConfig",
    "answer",
    "chat",
    "chat_model",
    "fit",
    "launch",
    "letter_attention",
    "list_tokens",
    "load_bigram",
    "load_ids",
    "load_names",
    "load_pairs",
    "load_passages",
    "load_text",
    "load_unknowable",
    "load_word_vectors",
    "log_probabilities",
    "make_pairs",
    "mappings",
    "name_generator",
    "names_loss",
    "names_model",
    "pad_names",
    "random_gpt2",
    "replace_modules",
    "save_checkpoint",
    "show_bytes",
    "show_history",
    "show_powers",
    "show_row",
    "show_table",
    "tiktoken_encoding",
    "write_space",
]
