"""Wrong answers to Lab 3, each with the sentence that names the mistake.

Within an exercise the most specific stands first: where several give the same output on the
inputs of a check, the first one is told to the student. A body uses `torch`, `nn` and the names
of the lab alone, since it is also run as a submission.
"""

import torch
from torch import nn

from autograder.misconceptions import misconception
from solutions.lab03_neural import cross_entropy, gradient_of_logits, softmax
