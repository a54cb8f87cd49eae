"""Wrong answers to Lab 2, each with the sentence that names the mistake.

Within an exercise the most specific stands first: where several give the same output on the
inputs of a check, the first one is told to the student. A body uses `torch`, `pairwise` and the
names of the lab alone, since it is also run as a submission.
"""

from itertools import pairwise

import torch

from autograder.misconceptions import misconception

# Exercise 2.1: count_bigrams


@misconception(
    "count_bigrams",
    says="Your table is transposed: entry [i, j] counts i after j. Which of the two symbols of a "
    "pair picks the row: the one we know already, or the one that comes next?",
)
def transposed(names: list[str], stoi: dict[str, int]) -> torch.Tensor:
    counts = torch.zeros((len(stoi), len(stoi)), dtype=torch.int64)
    for name in names:
        for current, following in pairwise("." + name + "."):
            counts[stoi[following], stoi[current]] += 1
    return counts


@misconception(
    "count_bigrams",
    says="An empty name is passed over. It is a name that ends before its first letter: which "
    "symbol stands right after which one in '..'?",
)
def empty_name_passed_over(names: list[str], stoi: dict[str, int]) -> torch.Tensor:
    counts = torch.zeros((len(stoi), len(stoi)), dtype=torch.int64)
    for name in names:
        for current, following in pairwise("." + name + ".") if name else ():
            counts[stoi[current], stoi[following]] += 1
    return counts


@misconception(
    "count_bigrams",
    says="The dot before the first letter is missing, so row '.' stays empty. From which row "
    "will the first letter of a new name be drawn?",
)
def only_end_dot(names: list[str], stoi: dict[str, int]) -> torch.Tensor:
    counts = torch.zeros((len(stoi), len(stoi)), dtype=torch.int64)
    for name in names:
        for current, following in pairwise(name + "."):
            counts[stoi[current], stoi[following]] += 1
    return counts


@misconception(
    "count_bigrams",
    says="The dot after the last letter is missing, so column '.' stays empty. How would a new "
    "name ever come to its end?",
)
def only_start_dot(names: list[str], stoi: dict[str, int]) -> torch.Tensor:
    counts = torch.zeros((len(stoi), len(stoi)), dtype=torch.int64)
    for name in names:
        for current, following in pairwise("." + name):
            counts[stoi[current], stoi[following]] += 1
    return counts


@misconception(
    "count_bigrams",
    says="Neither the start nor the end of a name is counted: row '.' and column '.' are empty. "
    "How many pairs does the name 'a' have?",
)
def no_dots(names: list[str], stoi: dict[str, int]) -> torch.Tensor:
    counts = torch.zeros((len(stoi), len(stoi)), dtype=torch.int64)
    for name in names:
        for current, following in pairwise(name):
            counts[stoi[current], stoi[following]] += 1
    return counts


@misconception(
    "count_bigrams",
    says="Start and end are swapped: first letters are counted in column '.', last letters in "
    "row '.'. On which side of the first letter does its dot stand?",
)
def start_and_end_swapped(names: list[str], stoi: dict[str, int]) -> torch.Tensor:
    counts = torch.zeros((len(stoi), len(stoi)), dtype=torch.int64)
    for name in names:
        for current, following in pairwise("." + name + "."):
            i, j = stoi[current], stoi[following]
            if i == 0 or j == 0:
                i, j = j, i
            counts[i, j] += 1
    return counts


@misconception(
    "count_bigrams",
    says="The last letter of one name is counted as standing before the first letter of the "
    "next. Should 'emma' followed by 'olivia' in the list say anything about 'o' after 'a'?",
)
def names_joined(names: list[str], stoi: dict[str, int]) -> torch.Tensor:
    counts = torch.zeros((len(stoi), len(stoi)), dtype=torch.int64)
    for current, following in pairwise("." + "".join(names) + "."):
        counts[stoi[current], stoi[following]] += 1
    return counts


@misconception(
    "count_bigrams",
    says="Where one name ends and the next starts, you count '.' followed by '.', which is in no "
    "name. What should entry [0, 0] be for this list?",
)
def dots_between_names(names: list[str], stoi: dict[str, int]) -> torch.Tensor:
    counts = torch.zeros((len(stoi), len(stoi)), dtype=torch.int64)
    for current, following in pairwise("".join("." + name + "." for name in names)):
        counts[stoi[current], stoi[following]] += 1
    return counts


@misconception(
    "count_bigrams",
    says="The name is closed to a ring: its last letter is followed by its first. What stands "
    "after the last letter of a name?",
)
def wraps_around(names: list[str], stoi: dict[str, int]) -> torch.Tensor:
    counts = torch.zeros((len(stoi), len(stoi)), dtype=torch.int64)
    for name in names:
        for k in range(len(name)):
            counts[stoi[name[k - 1]], stoi[name[k]]] += 1
    return counts


@misconception(
    "count_bigrams",
    says="No entry of your table passes 1. With `counts[rows, columns] += 1`, an entry named "
    "twice in one go is written twice and not added up: what happens to a pair seen 100 times?",
)
def duplicates_lost(names: list[str], stoi: dict[str, int]) -> torch.Tensor:
    counts = torch.zeros((len(stoi), len(stoi)), dtype=torch.int64)
    pairs = [(stoi[a], stoi[b]) for name in names for a, b in pairwise("." + name + ".")]
    counts[[i for i, _ in pairs], [j for _, j in pairs]] += 1
    return counts


@misconception(
    "count_bigrams",
    says="A pair that comes twice in the same name is counted once. How often does 'an' stand in "
    "'hannan'?",
)
def once_per_name(names: list[str], stoi: dict[str, int]) -> torch.Tensor:
    counts = torch.zeros((len(stoi), len(stoi)), dtype=torch.int64)
    for name in names:
        for current, following in set(pairwise("." + name + ".")):
            counts[stoi[current], stoi[following]] += 1
    return counts


@misconception(
    "count_bigrams",
    says="A name that comes twice in the list is counted once. Does a common name not tell you "
    "more about the next letter than a rare one?",
)
def repeated_names_dropped(names: list[str], stoi: dict[str, int]) -> torch.Tensor:
    counts = torch.zeros((len(stoi), len(stoi)), dtype=torch.int64)
    for name in set(names):
        for current, following in pairwise("." + name + "."):
            counts[stoi[current], stoi[following]] += 1
    return counts


@misconception(
    "count_bigrams",
    says="Every second pair is left out. Each letter is in two pairs, once as the second symbol "
    "and once as the first: by how much should you move on after a pair?",
)
def every_second_pair(names: list[str], stoi: dict[str, int]) -> torch.Tensor:
    counts = torch.zeros((len(stoi), len(stoi)), dtype=torch.int64)
    for name in names:
        symbols = "." + name + "."
        for k in range(0, len(symbols) - 1, 2):
            counts[stoi[symbols[k]], stoi[symbols[k + 1]]] += 1
    return counts


@misconception(
    "count_bigrams",
    says="Your counts start at 1, not at 0. Smoothing has its own place, in the next exercise: "
    "how often was a pair seen that is in no name?",
)
def starts_from_ones(names: list[str], stoi: dict[str, int]) -> torch.Tensor:
    counts = torch.ones((len(stoi), len(stoi)), dtype=torch.int64)
    for name in names:
        for current, following in pairwise("." + name + "."):
            counts[stoi[current], stoi[following]] += 1
    return counts


@misconception(
    "count_bigrams",
    says="An unknown symbol is counted as id 0, but id 0 is '.', the end of a name. What should "
    "happen to a symbol that `stoi` does not hold?",
)
def unknown_is_zero(names: list[str], stoi: dict[str, int]) -> torch.Tensor:
    counts = torch.zeros((len(stoi), len(stoi)), dtype=torch.int64)
    for name in names:
        for current, following in pairwise("." + name + "."):
            counts[stoi.get(current, 0), stoi.get(following, 0)] += 1
    return counts


@misconception(
    "count_bigrams",
    says="An unknown symbol is passed over in silence. Would you rather hear of a hole in your "
    "data, or train without knowing of it?",
)
def unknown_is_skipped(names: list[str], stoi: dict[str, int]) -> torch.Tensor:
    counts = torch.zeros((len(stoi), len(stoi)), dtype=torch.int64)
    for name in names:
        for current, following in pairwise("." + name + "."):
            if current in stoi and following in stoi:
                counts[stoi[current], stoi[following]] += 1
    return counts


@misconception(
    "count_bigrams",
    says="Capitals are turned into small letters first. That maps one symbol onto another "
    "without saying so: is 'A' in `stoi`?",
)
def lowercased(names: list[str], stoi: dict[str, int]) -> torch.Tensor:
    counts = torch.zeros((len(stoi), len(stoi)), dtype=torch.int64)
    for name in names:
        for current, following in pairwise("." + name.lower() + "."):
            counts[stoi[current], stoi[following]] += 1
    return counts


@misconception(
    "count_bigrams",
    says="The ids are computed from the alphabet a to z, and `stoi` is not asked. What if the "
    "symbols stand in another order, or are not those letters at all?",
)
def ids_from_ord(names: list[str], stoi: dict[str, int]) -> torch.Tensor:
    counts = torch.zeros((len(stoi), len(stoi)), dtype=torch.int64)
    for name in names:
        ids = [0, *(ord(symbol) - ord("a") + 1 for symbol in name), 0]
        for i, j in pairwise(ids):
            counts[i, j] += 1
    return counts


@misconception(
    "count_bigrams",
    says="Your table is 27 by 27 whatever `stoi` holds. How many symbols are there in this check?",
)
def always_27(names: list[str], stoi: dict[str, int]) -> torch.Tensor:
    counts = torch.zeros((27, 27), dtype=torch.int64)
    for name in names:
        for current, following in pairwise("." + name + "."):
            counts[stoi[current], stoi[following]] += 1
    return counts


@misconception(
    "count_bigrams",
    says="The numbers are right, the dtype is float32. From 16,777,216 on a float32 no longer "
    "grows when you add 1: which dtype counts without a limit that matters?",
)
def float_counts(names: list[str], stoi: dict[str, int]) -> torch.Tensor:
    counts = torch.zeros((len(stoi), len(stoi)))
    for name in names:
        for current, following in pairwise("." + name + "."):
            counts[stoi[current], stoi[following]] += 1
    return counts


@misconception(
    "count_bigrams",
    says="The numbers are right, the dtype is int32, but the course counts in int64. What does "
    "the docstring promise to whoever calls you?",
)
def int32_counts(names: list[str], stoi: dict[str, int]) -> torch.Tensor:
    counts = torch.zeros((len(stoi), len(stoi)), dtype=torch.int32)
    for name in names:
        for current, following in pairwise("." + name + "."):
            counts[stoi[current], stoi[following]] += 1
    return counts


@misconception(
    "count_bigrams",
    says="The counts are right, but the caller's list of names is changed: the dots stay in it, "
    "say, or it is sorted. What will the next one who reads it find?",
)
def dots_stay_in_names(names: list[str], stoi: dict[str, int]) -> torch.Tensor:
    counts = torch.zeros((len(stoi), len(stoi)), dtype=torch.int64)
    for i, name in enumerate(names):
        names[i] = "." + name + "."
        for current, following in pairwise(names[i]):
            counts[stoi[current], stoi[following]] += 1
    return counts


# Exercise 2.2: bigram_probabilities


@misconception(
    "bigram_probabilities",
    says="Your row sums have shape (V,), and broadcasting lines them up with the columns: entry "
    "[i, j] is divided by the sum of row j. Which shape would line them up with the rows?",
)
def keepdim_missing(counts: torch.Tensor, smoothing: float = 1.0) -> torch.Tensor:
    weights = counts + smoothing
    return weights / weights.sum(1)


@misconception(
    "bigram_probabilities",
    says="Your columns sum to 1, not your rows. `sum(dim=d)` adds along dimension d and makes it "
    "disappear: which of the two should disappear here?",
)
def columns_normalised(counts: torch.Tensor, smoothing: float = 1.0) -> torch.Tensor:
    weights = counts + smoothing
    return weights / weights.sum(0, keepdim=True)


@misconception(
    "bigram_probabilities",
    says="Your whole table sums to 1: these are the joint probabilities of pairs. We ask for the "
    "next symbol when the current one is known: what should each row sum to?",
)
def divided_by_total(counts: torch.Tensor, smoothing: float = 1.0) -> torch.Tensor:
    weights = counts + smoothing
    return weights / weights.sum()


@misconception(
    "bigram_probabilities",
    says="Smoothing is added after the division, so your rows sum to more than 1. What is "
    "smoothing added to: counts or probabilities?",
)
def smoothed_after(counts: torch.Tensor, smoothing: float = 1.0) -> torch.Tensor:
    totals = counts.sum(1, keepdim=True)
    probs = torch.where(totals > 0, counts / totals, 1 / counts.shape[1])
    return probs + smoothing


@misconception(
    "bigram_probabilities",
    says="You normalise, smooth, and normalise again. Then smoothing weighs as much in a row of "
    "4,000 counts as in a row of 3: which of the two rows needs it more?",
)
def normalised_twice(counts: torch.Tensor, smoothing: float = 1.0) -> torch.Tensor:
    totals = counts.sum(1, keepdim=True)
    probs = torch.where(totals > 0, counts / totals, 1 / counts.shape[1]) + smoothing
    return probs / probs.sum(1, keepdim=True)


@misconception(
    "bigram_probabilities",
    says="Only the zeros are smoothed, so with smoothing 1 a pair never seen counts as much as "
    "one seen once. What is added to a count that is not 0?",
)
def only_zeros_smoothed(counts: torch.Tensor, smoothing: float = 1.0) -> torch.Tensor:
    weights = torch.where(counts == 0, smoothing, counts.float())
    totals = weights.sum(1, keepdim=True)
    return torch.where(totals > 0, weights / totals, 1 / counts.shape[1])


@misconception(
    "bigram_probabilities",
    says="`smoothing` changes nothing in your answer. Which probability should a pair have that "
    "was never seen, with smoothing 1?",
)
def smoothing_ignored(counts: torch.Tensor, smoothing: float = 1.0) -> torch.Tensor:
    totals = counts.sum(1, keepdim=True)
    return torch.where(totals > 0, counts / totals, 1 / counts.shape[1])


@misconception(
    "bigram_probabilities",
    says="You always add 1, whatever `smoothing` says. What should smoothing 0.5 give, and what "
    "smoothing 0?",
)
def always_add_one(counts: torch.Tensor, smoothing: float = 1.0) -> torch.Tensor:
    weights = counts + 1
    return weights / weights.sum(1, keepdim=True)


@misconception(
    "bigram_probabilities",
    says="With smoothing 0, a row without counts is 0 / 0, which is NaN. What do you believe "
    "about the next symbol when you have seen nothing at all?",
)
def nan_rows(counts: torch.Tensor, smoothing: float = 1.0) -> torch.Tensor:
    weights = counts + smoothing
    return weights / weights.sum(1, keepdim=True)


@misconception(
    "bigram_probabilities",
    says="You divide by the sum of the counts without the smoothing in it. What does each row "
    "sum to now, and how much did smoothing add to it?",
)
def total_not_smoothed(counts: torch.Tensor, smoothing: float = 1.0) -> torch.Tensor:
    return (counts + smoothing) / counts.sum(1, keepdim=True)


@misconception(
    "bigram_probabilities",
    says="Smoothing is in each of the V entries of a row, but only once in what you divide by. "
    "By how much does the sum of a row of V symbols grow?",
)
def total_smoothed_once(counts: torch.Tensor, smoothing: float = 1.0) -> torch.Tensor:
    return (counts + smoothing) / (counts.sum(1, keepdim=True) + smoothing)


@misconception(
    "bigram_probabilities",
    says="With smoothing 0, a row without counts stays all 0, and no symbol can be drawn from "
    "it. What must every row sum to, this one too?",
)
def zero_rows(counts: torch.Tensor, smoothing: float = 1.0) -> torch.Tensor:
    weights = counts + smoothing
    return (weights / weights.sum(1, keepdim=True)).nan_to_num(0.0)


@misconception(
    "bigram_probabilities",
    says="With smoothing 0, a row without counts gives '.' probability 1. Nothing in the data "
    "says that a name ends there: which distribution prefers no symbol to another?",
)
def empty_row_ends(counts: torch.Tensor, smoothing: float = 1.0) -> torch.Tensor:
    weights = counts + smoothing
    end = (torch.arange(counts.shape[1]) == 0).float()
    totals = weights.sum(1, keepdim=True)
    return torch.where(totals > 0, weights / totals, end)


@misconception(
    "bigram_probabilities",
    says="This is a softmax of the counts. If 'a' was seen twice as often as 'b', how many times "
    "as likely is it, and what does e to the count make of it?",
)
def softmax_of_counts(counts: torch.Tensor, smoothing: float = 1.0) -> torch.Tensor:
    return torch.softmax(counts + float(smoothing), dim=1)


@misconception(
    "bigram_probabilities",
    says="Your probabilities are all whole numbers. What does `//` do to 3 / 4?",
)
def floor_division(counts: torch.Tensor, smoothing: float = 1.0) -> torch.Tensor:
    weights = counts + smoothing
    return weights // weights.sum(1, keepdim=True)


@misconception(
    "bigram_probabilities",
    says="`counts += smoothing` writes into the tensor of whoever called you, or fails on whole "
    "numbers. What will the caller find in `counts` after two calls?",
)
def counts_changed(counts: torch.Tensor, smoothing: float = 1.0) -> torch.Tensor:
    counts += smoothing
    totals = counts.sum(1, keepdim=True)
    return torch.where(totals > 0, counts / totals, 1 / counts.shape[1])


@misconception(
    "bigram_probabilities",
    says="Totals below 1 are raised to 1 before you divide. With a smoothing of 0.05 a row without "
    "counts has a total of 4 times 0.05: is its sum 1 in the end?",
)
def totals_raised_to_one(counts: torch.Tensor, smoothing: float = 1.0) -> torch.Tensor:
    weights = counts + smoothing
    totals = weights.sum(1, keepdim=True)
    return torch.where(totals == 0, 1 / counts.shape[1], weights / totals.clamp(min=1))


# Exercise 2.3: negative_log_likelihood


@misconception(
    "negative_log_likelihood",
    says="The sign is missing: this is the mean log-likelihood, which grows as the model gets "
    "better. Should a loss be positive or negative when all probabilities are below 1?",
)
def sign_missing(probs: torch.Tensor, names: list[str], stoi: dict[str, int]) -> float:
    pairs = [(stoi[a], stoi[b]) for name in names for a, b in pairwise("." + name + ".")]
    return torch.stack([probs[i, j].log() for i, j in pairs]).mean().item()


@misconception(
    "negative_log_likelihood",
    says="This is the sum over all bigrams, not their mean. How would you compare a list of 100 "
    "names with one of 30,000?",
)
def sum_of_bigrams(probs: torch.Tensor, names: list[str], stoi: dict[str, int]) -> float:
    pairs = [(stoi[a], stoi[b]) for name in names for a, b in pairwise("." + name + ".")]
    return -sum(probs[i, j].log().item() for i, j in pairs)


@misconception(
    "negative_log_likelihood",
    says="You divide by the number of names, which gives nats per name. What does the docstring "
    "ask the mean over?",
)
def per_name(probs: torch.Tensor, names: list[str], stoi: dict[str, int]) -> float:
    pairs = [(stoi[a], stoi[b]) for name in names for a, b in pairwise("." + name + ".")]
    return -sum(probs[i, j].log().item() for i, j in pairs) / len(names)


@misconception(
    "negative_log_likelihood",
    says="You divide by the number of letters, but each name has one bigram more than letters. "
    "How many bigrams has the name 'a'?",
)
def per_letter(probs: torch.Tensor, names: list[str], stoi: dict[str, int]) -> float:
    pairs = [(stoi[a], stoi[b]) for name in names for a, b in pairwise("." + name + ".")]
    return -sum(probs[i, j].log().item() for i, j in pairs) / max(len("".join(names)), 1)


@misconception(
    "negative_log_likelihood",
    says="You take the mean of each name and then the mean of those, so that a bigram in a short "
    "name weighs more than one in a long name. Should it?",
)
def mean_of_means(probs: torch.Tensor, names: list[str], stoi: dict[str, int]) -> float:
    means = []
    for name in names:
        pairs = [(stoi[a], stoi[b]) for a, b in pairwise("." + name + ".")]
        means.append(-sum(probs[i, j].log().item() for i, j in pairs) / len(pairs))
    return sum(means) / len(means)


@misconception(
    "negative_log_likelihood",
    says="Your logarithm has base 2, so your loss is in bits. Which base gives nats?",
)
def base_two(probs: torch.Tensor, names: list[str], stoi: dict[str, int]) -> float:
    pairs = [(stoi[a], stoi[b]) for name in names for a, b in pairwise("." + name + ".")]
    return -sum(probs[i, j].log2().item() for i, j in pairs) / len(pairs)


@misconception(
    "negative_log_likelihood",
    says="Your logarithm has base 10. Which base gives nats?",
)
def base_ten(probs: torch.Tensor, names: list[str], stoi: dict[str, int]) -> float:
    pairs = [(stoi[a], stoi[b]) for name in names for a, b in pairwise("." + name + ".")]
    return -sum(probs[i, j].log10().item() for i, j in pairs) / len(pairs)


@misconception(
    "negative_log_likelihood",
    says="This is the perplexity: the exponential of what is asked. Which of the two is in nats?",
)
def perplexity(probs: torch.Tensor, names: list[str], stoi: dict[str, int]) -> float:
    pairs = [(stoi[a], stoi[b]) for name in names for a, b in pairwise("." + name + ".")]
    return torch.stack([probs[i, j].log() for i, j in pairs]).mean().neg().exp().item()


@misconception(
    "negative_log_likelihood",
    says="The logarithm is missing. The probability of a name is a product: which function turns "
    "that product into the sum that you average?",
)
def log_missing(probs: torch.Tensor, names: list[str], stoi: dict[str, int]) -> float:
    pairs = [(stoi[a], stoi[b]) for name in names for a, b in pairwise("." + name + ".")]
    return -sum(probs[i, j].item() for i, j in pairs) / len(pairs)


@misconception(
    "negative_log_likelihood",
    says="You average the probabilities and then take the logarithm. Is the log of a mean the "
    "mean of the logs, and which of the two comes from a product of probabilities?",
)
def log_of_mean(probs: torch.Tensor, names: list[str], stoi: dict[str, int]) -> float:
    pairs = [(stoi[a], stoi[b]) for name in names for a, b in pairwise("." + name + ".")]
    return -torch.stack([probs[i, j] for i, j in pairs]).mean().log().item()


@misconception(
    "negative_log_likelihood",
    says="A bigram of probability 0 costs you only a large finite loss: a small number was added "
    "before the log, or a floor set under it. How surprised is a model by what it holds "
    "impossible?",
)
def epsilon_added(probs: torch.Tensor, names: list[str], stoi: dict[str, int]) -> float:
    pairs = [(stoi[a], stoi[b]) for name in names for a, b in pairwise("." + name + ".")]
    return -sum((probs[i, j] + 1e-9).log().item() for i, j in pairs) / len(pairs)


@misconception(
    "negative_log_likelihood",
    says="Bigrams of probability 0 are left out of the mean, so the worst mistakes of a model "
    "cost it nothing. What is -ln 0?",
)
def impossible_skipped(probs: torch.Tensor, names: list[str], stoi: dict[str, int]) -> float:
    pairs = [(stoi[a], stoi[b]) for name in names for a, b in pairwise("." + name + ".")]
    logs = [probs[i, j].log().item() for i, j in pairs if probs[i, j] > 0]
    return -sum(logs) / max(len(logs), 1)


@misconception(
    "negative_log_likelihood",
    says="A bigram of probability 0 adds nothing to your sum, so a model's worst mistake looks "
    "like a perfect prediction. What is -ln 0?",
)
def impossible_costs_nothing(probs: torch.Tensor, names: list[str], stoi: dict[str, int]) -> float:
    pairs = [(stoi[a], stoi[b]) for name in names for a, b in pairwise("." + name + ".")]
    return -sum(probs[i, j].log().item() for i, j in pairs if probs[i, j] > 0) / len(pairs)


@misconception(
    "negative_log_likelihood",
    says="You multiply the probabilities first and take the log at the end. After a few hundred "
    "factors below 1, what is left of a float?",
)
def product_underflows(probs: torch.Tensor, names: list[str], stoi: dict[str, int]) -> float:
    pairs = [(stoi[a], stoi[b]) for name in names for a, b in pairwise("." + name + ".")]
    product = torch.ones((), dtype=torch.float64)
    for i, j in pairs:
        product *= probs[i, j]
    return -product.log().item() / len(pairs)


@misconception(
    "negative_log_likelihood",
    says="The last bigram of each name, from the last letter to '.', is missing. Who tells the "
    "model that names end?",
)
def end_missing(probs: torch.Tensor, names: list[str], stoi: dict[str, int]) -> float:
    pairs = [(stoi[a], stoi[b]) for name in names for a, b in pairwise("." + name)]
    return -sum(probs[i, j].log().item() for i, j in pairs) / max(len(pairs), 1)


@misconception(
    "negative_log_likelihood",
    says="The first bigram of each name, from '.' to the first letter, is missing. Is the first "
    "letter of a name not a prediction too?",
)
def start_missing(probs: torch.Tensor, names: list[str], stoi: dict[str, int]) -> float:
    pairs = [(stoi[a], stoi[b]) for name in names for a, b in pairwise(name + ".")]
    return -sum(probs[i, j].log().item() for i, j in pairs) / max(len(pairs), 1)


@misconception(
    "negative_log_likelihood",
    says="Neither the first nor the last bigram of a name is counted. Which bigrams has the name "
    "'a'?",
)
def both_missing(probs: torch.Tensor, names: list[str], stoi: dict[str, int]) -> float:
    pairs = [(stoi[a], stoi[b]) for name in names for a, b in pairwise(name)]
    return -sum(probs[i, j].log().item() for i, j in pairs) / max(len(pairs), 1)


@misconception(
    "negative_log_likelihood",
    says="Between two names you ask for '.' after '.', which is in no name. How many bigrams have "
    "two names of three letters each?",
)
def dots_paired(probs: torch.Tensor, names: list[str], stoi: dict[str, int]) -> float:
    text = "".join("." + name + "." for name in names)
    pairs = [(stoi[a], stoi[b]) for a, b in pairwise(text)]
    return -sum(probs[i, j].log().item() for i, j in pairs) / len(pairs)


@misconception(
    "negative_log_likelihood",
    says="You read the table as probs[next, current]. Which of the two symbols picks the row?",
)
def lookup_transposed(probs: torch.Tensor, names: list[str], stoi: dict[str, int]) -> float:
    pairs = [(stoi[a], stoi[b]) for name in names for a, b in pairwise("." + name + ".")]
    return -sum(probs[j, i].log().item() for i, j in pairs) / len(pairs)


@misconception(
    "negative_log_likelihood",
    says="Each different bigram is counted once, however often it occurs. Should a pair seen "
    "6,000 times weigh as little as one seen once?",
)
def each_pair_once(probs: torch.Tensor, names: list[str], stoi: dict[str, int]) -> float:
    pairs = {(stoi[a], stoi[b]) for name in names for a, b in pairwise("." + name + ".")}
    return -sum(probs[i, j].log().item() for i, j in sorted(pairs)) / len(pairs)


@misconception(
    "negative_log_likelihood",
    says="You average over the whole table, and `names` plays no part. Which entries of the table "
    "do these names use, and how often?",
)
def mean_of_table(probs: torch.Tensor, names: list[str], stoi: dict[str, int]) -> float:
    return -probs.log().mean().item()


@misconception(
    "negative_log_likelihood",
    says="An unknown symbol is read as id 0, but id 0 is '.', the end of a name. What should "
    "happen to a symbol that `stoi` does not hold?",
)
def unknown_read_as_zero(probs: torch.Tensor, names: list[str], stoi: dict[str, int]) -> float:
    text = ["." + name + "." for name in names]
    pairs = [(stoi.get(a, 0), stoi.get(b, 0)) for symbols in text for a, b in pairwise(symbols)]
    return -sum(probs[i, j].log().item() for i, j in pairs) / len(pairs)


@misconception(
    "negative_log_likelihood",
    says="An unknown symbol is passed over in silence, which makes the loss look better than it "
    "is. What should happen to a symbol that `stoi` does not hold?",
)
def unknown_left_out(probs: torch.Tensor, names: list[str], stoi: dict[str, int]) -> float:
    known = ["." + "".join(s for s in name if s in stoi) + "." for name in names]
    pairs = [(stoi[a], stoi[b]) for symbols in known for a, b in pairwise(symbols)]
    return -sum(probs[i, j].log().item() for i, j in pairs) / len(pairs)


@misconception(
    "negative_log_likelihood",
    says="The loss is right, but the caller's table holds logarithms afterwards. What does the "
    "underscore at the end of `log_` stand for?",
)
def logarithms_stay(probs: torch.Tensor, names: list[str], stoi: dict[str, int]) -> float:
    pairs = [(stoi[a], stoi[b]) for name in names for a, b in pairwise("." + name + ".")]
    probs.log_()
    return -sum(probs[i, j].item() for i, j in pairs) / len(pairs)


@misconception(
    "negative_log_likelihood",
    says="The loss is right, but the caller's list of names is changed. Which list do you write "
    "into?",
)
def names_changed(probs: torch.Tensor, names: list[str], stoi: dict[str, int]) -> float:
    for i in range(len(names)):
        names[i] = "." + names[i] + "."
    pairs = [(stoi[a], stoi[b]) for name in names for a, b in pairwise(name)]
    return -sum(probs[i, j].log().item() for i, j in pairs) / len(pairs)


@misconception(
    "negative_log_likelihood",
    says="Your loss is not a number: a pair that never comes, with probability 0, is a product of "
    "0 and -inf. Which pairs belong to the sum at all?",
)
def zero_times_infinity(probs: torch.Tensor, names: list[str], stoi: dict[str, int]) -> float:
    counts = torch.zeros(probs.shape)
    for name in names:
        for a, b in pairwise("." + name + "."):
            counts[stoi[a], stoi[b]] += 1
    return -(counts * probs.log()).sum().item() / counts.sum().item()


@misconception(
    "negative_log_likelihood",
    says="`math.log(0)` is an error, where torch's `log` gives -inf. What should the loss be when "
    "a pair has probability 0?",
)
def logarithm_of_zero_fails(probs: torch.Tensor, names: list[str], stoi: dict[str, int]) -> float:
    pairs = [(stoi[a], stoi[b]) for name in names for a, b in pairwise("." + name + ".")]
    if any(probs[i, j] == 0 for i, j in pairs):
        raise ValueError("math domain error")
    return -sum(probs[i, j].log().item() for i, j in pairs) / len(pairs)


# Exercise 2.4: sample_name


@misconception(
    "sample_name",
    says="You take the most probable letter each time, so every name is the same. Where is the "
    "draw?",
)
def argmax(
    probs: torch.Tensor, itos: dict[int, str], generator: torch.Generator, max_len: int = 50
) -> str:
    row, name = 0, ""
    while len(name) < max_len:
        row = int(probs[row].argmax())
        if row == 0:
            break
        name += itos[row]
    return name


@misconception(
    "sample_name",
    says="Every letter is drawn from row '.', as if each were the first. Which row should the "
    "letter after 'q' come from?",
)
def always_first_row(
    probs: torch.Tensor, itos: dict[int, str], generator: torch.Generator, max_len: int = 50
) -> str:
    name = ""
    while len(name) < max_len:
        symbol = int(torch.multinomial(probs[0], num_samples=1, generator=generator))
        if symbol == 0:
            break
        name += itos[symbol]
    return name


@misconception(
    "sample_name",
    says="The row is the number of letters drawn so far, not the letter drawn last. What does a "
    "bigram model know of the past?",
)
def row_is_position(
    probs: torch.Tensor, itos: dict[int, str], generator: torch.Generator, max_len: int = 50
) -> str:
    name = ""
    while len(name) < max_len:
        row = len(name) % len(probs)
        symbol = int(torch.multinomial(probs[row], num_samples=1, generator=generator))
        if symbol == 0:
            break
        name += itos[symbol]
    return name


@misconception(
    "sample_name",
    says="You draw from a column of the table. Which sums to 1, a row or a column?",
)
def from_column(
    probs: torch.Tensor, itos: dict[int, str], generator: torch.Generator, max_len: int = 50
) -> str:
    row, name = 0, ""
    while len(name) < max_len:
        row = int(torch.multinomial(probs[:, row], num_samples=1, generator=generator))
        if row == 0:
            break
        name += itos[row]
    return name


@misconception(
    "sample_name",
    says="You draw from the whole table at once, so the current letter plays no part. Which V of "
    "its V * V entries are about what follows that letter?",
)
def from_whole_table(
    probs: torch.Tensor, itos: dict[int, str], generator: torch.Generator, max_len: int = 50
) -> str:
    name = ""
    while len(name) < max_len:
        draw = torch.multinomial(probs.flatten(), num_samples=1, generator=generator)
        symbol = int(draw) % len(probs)
        if symbol == 0:
            break
        name += itos[symbol]
    return name


@misconception(
    "sample_name",
    says="All letters are equally likely in your names: `probs` is not used. Where does the model "
    "come in?",
)
def uniform_letters(
    probs: torch.Tensor, itos: dict[int, str], generator: torch.Generator, max_len: int = 50
) -> str:
    name = ""
    while len(name) < max_len:
        uniform = torch.ones(len(probs))
        symbol = int(torch.multinomial(uniform, num_samples=1, generator=generator))
        if symbol == 0:
            break
        name += itos[symbol]
    return name


@misconception(
    "sample_name",
    says="A softmax is taken of what are probabilities already, which makes them nearly equal. "
    "What does a row of `probs` sum to before you touch it?",
)
def softmax_again(
    probs: torch.Tensor, itos: dict[int, str], generator: torch.Generator, max_len: int = 50
) -> str:
    row, name = 0, ""
    while len(name) < max_len:
        weights = torch.softmax(probs[row], dim=0)
        row = int(torch.multinomial(weights, num_samples=1, generator=generator))
        if row == 0:
            break
        name += itos[row]
    return name


@misconception(
    "sample_name",
    says="Your name carries its dots. Is '.' a letter of the name, or the sign that it is over?",
)
def both_dots_kept(
    probs: torch.Tensor, itos: dict[int, str], generator: torch.Generator, max_len: int = 50
) -> str:
    row, name = 0, "."
    for _ in range(max_len):
        row = int(torch.multinomial(probs[row], num_samples=1, generator=generator))
        name += itos[row]
        if row == 0:
            break
    return name


@misconception(
    "sample_name",
    says="Your name ends in a dot. Is '.' a letter of the name, or the sign that it is over?",
)
def end_dot_kept(
    probs: torch.Tensor, itos: dict[int, str], generator: torch.Generator, max_len: int = 50
) -> str:
    row, name = 0, ""
    for _ in range(max_len):
        row = int(torch.multinomial(probs[row], num_samples=1, generator=generator))
        name += itos[row]
        if row == 0:
            break
    return name


@misconception(
    "sample_name",
    says="Your name has one letter more than `max_len`. With max_len=4, how many letters may a "
    "name have, and when do you look?",
)
def one_letter_too_many(
    probs: torch.Tensor, itos: dict[int, str], generator: torch.Generator, max_len: int = 50
) -> str:
    row, name = 0, ""
    while len(name) <= max_len:
        row = int(torch.multinomial(probs[row], num_samples=1, generator=generator))
        if row == 0:
            break
        name += itos[row]
    return name


@misconception(
    "sample_name",
    says="Your name stops one letter short of `max_len`. Does the dot count as a letter?",
)
def one_letter_too_few(
    probs: torch.Tensor, itos: dict[int, str], generator: torch.Generator, max_len: int = 50
) -> str:
    row, name = 0, ""
    while len(name) < max_len - 1:
        row = int(torch.multinomial(probs[row], num_samples=1, generator=generator))
        if row == 0:
            break
        name += itos[row]
    return name


@misconception(
    "sample_name",
    says="Your name grows past `max_len`. What if a table never draws '.'?",
)
def max_len_ignored(
    probs: torch.Tensor, itos: dict[int, str], generator: torch.Generator, max_len: int = 50
) -> str:
    row, name = 0, ""
    for _ in range(500):  # an endless loop would stop the grader instead of naming the mistake
        row = int(torch.multinomial(probs[row], num_samples=1, generator=generator))
        if row == 0:
            break
        name += itos[row]
    return name


@misconception(
    "sample_name",
    says="When '.' is drawn first you draw again, so your names are never empty. How likely is "
    "the empty name under `probs`?",
)
def never_empty(
    probs: torch.Tensor, itos: dict[int, str], generator: torch.Generator, max_len: int = 50
) -> str:
    row, name = 0, ""
    for _ in range(500):
        row = int(torch.multinomial(probs[row], num_samples=1, generator=generator))
        if (row == 0 and name) or len(name) >= max_len:
            break
        name += itos[row] if row else ""
    return name


@misconception(
    "sample_name",
    says="You stop at the last id of the alphabet, not at '.'. Which id has '.'?",
)
def last_id_ends(
    probs: torch.Tensor, itos: dict[int, str], generator: torch.Generator, max_len: int = 50
) -> str:
    row, name = 0, ""
    while len(name) < max_len:
        row = int(torch.multinomial(probs[row], num_samples=1, generator=generator))
        if row == len(probs) - 1:
            break
        name += itos[row]
    return name


@misconception(
    "sample_name",
    says="The letters are computed from the alphabet a to z, and `itos` is not asked. What if "
    "the symbols stand in another order?",
)
def letters_from_chr(
    probs: torch.Tensor, itos: dict[int, str], generator: torch.Generator, max_len: int = 50
) -> str:
    row, name = 0, ""
    while len(name) < max_len:
        row = int(torch.multinomial(probs[row], num_samples=1, generator=generator))
        if row == 0:
            break
        name += chr(ord("a") + row - 1)
    return name


@misconception(
    "sample_name",
    says="One draw is made and thrown away before the first letter. Row '.' is where we start: "
    "does the starting dot itself need a draw?",
)
def start_drawn(
    probs: torch.Tensor, itos: dict[int, str], generator: torch.Generator, max_len: int = 50
) -> str:
    torch.multinomial(probs[0], num_samples=1, generator=generator)
    row, name = 0, ""
    while len(name) < max_len:
        row = int(torch.multinomial(probs[row], num_samples=1, generator=generator))
        if row == 0:
            break
        name += itos[row]
    return name


@misconception(
    "sample_name",
    says="You make a generator of your own with a fixed seed, so every call gives the same name. "
    "What is the one that you are given for?",
)
def own_generator(
    probs: torch.Tensor, itos: dict[int, str], generator: torch.Generator, max_len: int = 50
) -> str:
    generator = torch.Generator().manual_seed(2147483647)
    row, name = 0, ""
    while len(name) < max_len:
        row = int(torch.multinomial(probs[row], num_samples=1, generator=generator))
        if row == 0:
            break
        name += itos[row]
    return name


@misconception(
    "sample_name",
    says="The generator is not passed on, so torch's global one draws, and the same seed gives "
    "another name each time. Which argument of `torch.multinomial` is missing?",
)
def global_generator(
    probs: torch.Tensor, itos: dict[int, str], generator: torch.Generator, max_len: int = 50
) -> str:
    row, name = 0, ""
    while len(name) < max_len:
        row = int(torch.multinomial(probs[row], num_samples=1))
        if row == 0:
            break
        name += itos[row]
    return name


@misconception(
    "sample_name",
    says="Your draw is fair, but it is not one `torch.multinomial` with one sample per letter, so "
    "the same seed gives another name than ours. Which call does the docstring ask for?",
)
def inverse_transform(
    probs: torch.Tensor, itos: dict[int, str], generator: torch.Generator, max_len: int = 50
) -> str:
    row, name = 0, ""
    while len(name) < max_len:
        threshold = torch.rand((), generator=generator) * probs[row].sum()
        row = int((probs[row].cumsum(0) <= threshold).sum().clamp(max=len(probs) - 1))
        if row == 0:
            break
        name += itos[row]
    return name


@misconception(
    "sample_name",
    says="The name is right, but the caller's table is changed: its rows are rescaled in place. "
    "Whose table is `probs`?",
)
def rescales_the_table(
    probs: torch.Tensor, itos: dict[int, str], generator: torch.Generator, max_len: int = 50
) -> str:
    row, name = 0, ""
    while len(name) < max_len:
        probs[row] /= probs[row].max()
        row = int(torch.multinomial(probs[row], num_samples=1, generator=generator))
        if row == 0:
            break
        name += itos[row]
    return name
