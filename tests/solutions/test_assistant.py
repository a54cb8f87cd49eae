"""What `given` supplies to Lab 10 beyond its examples."""

import given
import pytest
import torch
from given import assistant

ALPHABET = [".", *"abcdefghijklmnopqrstuvwxyz"]
SETTINGS = given.TrainConfig(steps=1, batch_size=1, block_size=32, peak=1e-3, floor=1e-4, warmup=1)


def save(folder, name, block_size=32, corpus="names", alphabet=ALPHABET):
    model = given.GPT(given.GPTConfig(len(alphabet), block_size, 1, 1, 8, dropout=0.5))
    given.save_checkpoint(model, name, corpus, alphabet, SETTINGS, 1, 2.5, folder)
    return model


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setattr(assistant, "CHECKPOINTS", tmp_path)
    return tmp_path


def test_your_own_model_of_names_is_taken(folder, capsys):
    save(folder, "my-shakespeare", corpus="shakespeare", alphabet=sorted(set(given.load_text())))
    save(folder, "my-short", block_size=8)
    own = save(folder, "my-names")
    model, alphabet = given.names_model(steps=1)
    assert alphabet == ALPHABET
    assert torch.equal(model.wte.weight, own.wte.weight)
    assert model.config.dropout == 0
    assert "my-names" in capsys.readouterr().out


def test_without_one_a_model_of_names_is_trained(folder):
    save(folder, "my-short", block_size=8)
    model, alphabet = given.names_model(steps=20)
    loss = given.names_loss(model, alphabet, given.load_names()[::500])
    assert loss.item() < 3.1  # ln 27 is 3.3


def test_the_same_chat_model_each_time():
    one, tokenizer = given.chat_model(steps=2)
    two, _ = given.chat_model(steps=2)
    weights = two.state_dict()
    assert all(torch.equal(value, weights[name]) for name, value in one.state_dict().items())
    asked = [pair[0] for pair in given.load_pairs() + given.load_pairs("held out")]
    asked += [row[0] for part in ("train", "held out") for row in given.load_unknowable(part)]
    assert len(set(asked)) == len(asked) == 160
    assert all(len(tokenizer.encode(prompt)) <= 16 for prompt in asked)


def test_an_answer_ends_at_the_end_token_and_at_the_longest():
    model, tokenizer = given.chat_model(steps=0)
    with torch.no_grad():
        model.ln_f.bias[:] = 1e3 * model.wte.weight[tokenizer.end_id]
    assert given.answer(model, tokenizer, "What is a token?") == ""
    with torch.no_grad():
        model.ln_f.bias[:] = 1e3 * model.wte.weight[tokenizer.ids["moon"]]
    assert given.answer(model, tokenizer, "What is a token?", longest=2) == "moon moon"


def test_log_probabilities_are_sums_over_the_answer():
    model, _ = given.chat_model(steps=0)
    idx, targets = torch.tensor([[1, 2, 3]]), torch.tensor([[-100, 3, 4]])
    logs = torch.log_softmax(model(idx)[0], dim=-1)[0]
    want = logs[1, 3] + logs[2, 4]
    assert given.log_probabilities(model, idx, targets).tolist() == pytest.approx([want.item()])
