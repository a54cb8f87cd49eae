"""The models that come with the project, by name: what each learns from, how, and how well."""

from dataclasses import replace

from models.recipe import Recipe

# With 50, 200 and 2,000 of the Indian names counted, smoothing 0.1 came within 0.04 nats of the
# best of 1, 0.3, 0.1, 0.03 and 0.01 on 355 held-out ones; 1 lost up to 0.11 and 0.01 up to 0.33.
# With 32,469 names it costs 0.00005 nats on the list itself, and every logit is finite.
SMOOTHING = 0.1

RECIPES = {
    "names-bigram": Recipe(kind="bigram", corpus="names", expected=2.4541, smoothing=SMOOTHING),
    "names-ngram": Recipe(kind="ngram", corpus="names", expected=2.0045, order=6),
    "text-ngram": Recipe(kind="ngram", corpus="shakespeare", expected=1.527, order=7),
    "names-neural-bigram": Recipe(
        kind="neural-bigram",
        corpus="names",
        expected=2.453,
        steps=1000,
        batch_size=256,
        learning_rate=3e-2,
    ),
    "names-mlp": Recipe(
        kind="mlp",
        corpus="names",
        expected=2.027,
        sizes={"block_size": 5, "n_embd": 24, "n_hidden": 200},
        steps=2500,
        batch_size=128,
        learning_rate=4e-3,
        weight_decay=0.01,
    ),
    "names-rnn": Recipe(
        kind="rnn",
        corpus="names",
        expected=2.083,
        sizes={"block_size": 16, "n_embd": 32, "hidden_size": 128},
        steps=1500,
        batch_size=64,
        learning_rate=3e-3,
    ),
    "names-lstm": Recipe(
        kind="lstm",
        corpus="names",
        expected=2.014,
        sizes={"block_size": 16, "n_embd": 32, "hidden_size": 128},
        steps=1500,
        batch_size=64,
        learning_rate=5e-3,
    ),
    "names-gpt": Recipe(
        kind="speedrun",
        corpus="names",
        expected=1.986,
        sizes={
            "block_size": 16,
            "n_layer": 2,
            "n_head": 4,
            "n_embd": 64,
            "exact_order": 2,
            "hashed_order": 4,
            "rows": 4096,
            "rope_base": 100,
            "dropout": 0.1,
            "ngram_dropout": 0.4,
        },
        steps=1500,
        batch_size=64,
        learning_rate=8e-3,
        matrix_rate=0.02,
        table_rate=0.15,
        eps=1e-10,
        clip=None,
    ),
    "text-gpt": Recipe(
        kind="gpt",
        corpus="shakespeare",
        expected=1.682,
        sizes={"block_size": 128, "n_layer": 4, "n_head": 4, "n_embd": 96, "bias": True},
        steps=1500,
        batch_size=8,
        contexts=((0.0, 64), (0.5, 128)),
        learning_rate=6e-3,
        matrix_rate=0.02,
        momentum=0.9,
        matrix_scale=0.05,
        eps=1e-10,
    ),
    "text-gpt-bpe": Recipe(
        kind="gpt",
        corpus="shakespeare",
        expected=3.127,
        vocab_size=512,
        sizes={"block_size": 128, "n_layer": 4, "n_head": 4, "n_embd": 80, "bias": True},
        steps=1500,
        batch_size=8,
        contexts=((0.0, 64), (0.5, 128)),
        learning_rate=6e-3,
        matrix_rate=0.02,
        momentum=0.9,
        matrix_scale=0.05,
        eps=1e-10,
    ),
    "text-speedrun": Recipe(
        kind="speedrun",
        corpus="shakespeare",
        expected=1.549,
        sizes={
            "block_size": 128,
            "n_layer": 2,
            "n_head": 2,
            "n_embd": 64,
            "exact_order": 2,
            "hashed_order": 5,
            "rows": 5000,
            "ngram_dropout": 0.4,
        },
        steps=1600,
        batch_size=16,
        learning_rate=8e-3,
        matrix_rate=0.02,
        eps=1e-10,
        clip=None,
    ),
}
"""From a name to its recipe."""


def _mixed(ngram: str, network: str, expected: float) -> Recipe:
    """Two of them together."""
    counted, trained = RECIPES[ngram], RECIPES[network]
    return replace(
        trained, kind="mixture", other=trained.kind, order=counted.order, expected=expected
    )


RECIPES["names-mixture"] = _mixed("names-ngram", "names-gpt", 1.951)
RECIPES["text-mixture"] = _mixed("text-ngram", "text-speedrun", 1.463)


def find(name: str) -> Recipe:
    """The recipe of that name. Raises ValueError naming those there are."""
    if name not in RECIPES:
        raise ValueError(f"There is no recipe {name!r}, only: {', '.join(RECIPES)}")
    return RECIPES[name]
