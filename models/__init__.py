"""Language models to train, keep and sample from: `python -m models --help`.

`bigram` counts, `generate` draws names from any model, `checkpoint` keeps models in folders,
`compare` puts numbers on them. NumPy alone: importing this package does not load torch.
"""

CODE_VERSION = "0.1.0"
"""The release in which what training gives last changed; every checkpoint states it."""
