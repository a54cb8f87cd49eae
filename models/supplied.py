"""What the labs are given, for the models: the GPT on torch's own operators, and its sizes."""

import sys
from pathlib import Path

# The course's package `given` stands beside the labs, where students import it from.
sys.path.append(str(Path(__file__).resolve().parents[1] / "labs"))

from given import GPT, GPT2_PATTERN, CausalSelfAttention, GPTConfig
from given.gpt import Cache

__all__ = ["GPT", "GPT2_PATTERN", "Cache", "CausalSelfAttention", "GPTConfig"]
