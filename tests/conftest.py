"""One thread for torch: the tests share their cores, and small tensors gain nothing from more."""

import torch

torch.set_num_threads(1)
