"""The engine: text from any model, as fast as this machine's arrays allow.

    from models import engine
    from models.generate import Settings

    model = engine.open("names-gpt")  # a name that `python -m models list` shows, or a folder
    model.names(10, Settings(seed=1))  # side by side
    for token in model.stream("ROMEO:", Settings(max_len=500)):
        print(token.text, token.probability, token.entropy, token.top)

A prompt is read in one pass; keys and values are kept, so that a further symbol costs the same
wherever it stands up to block_size. Past that the positions move with every symbol: what is drawn
is right there too, but each symbol costs a pass over the window. `stream` can be closed at any
symbol, and nothing is computed ahead.

- GPTs in the labs' layout and speed-run networks run on NumPy arrays (`gpt`, `speedrun`), recurrent
  ones carry their state on and every other network reads its window again (`modules`). All take
  the same greedy choices.
- `open(name, weights="int8")` keeps the matrices of a larger network in eight bits: faster from a
  width of a few hundred on, and not exactly the same model.
- An `Engine` is a `Model` too: whatever `models.generate` does with a model, it does with this. A
  model from `checkpoint.load` has float32 sessions of its own and needs no engine around it.
- `models.gpt2.load(folder)` reads a GPT-2 checkpoint in Hugging Face's layout;
  `layouts.Sessions(network, context).start(ids)` continues ids with any network.
- NumPy multiplies on one thread once a network has been drawn from (`blas`).
"""

from models.engine.engine import WEIGHTS, Engine
from models.engine.engine import open_checkpoint as open  # noqa: A004 - read as engine.open

__all__ = ["WEIGHTS", "Engine", "open"]
