"""A small random GPT-2 as transformers saves it, read into the labs' GPT."""

import json

import numpy as np
import pytest
import torch
import transformers
from safetensors.torch import load_file, save_file

from models import gpt2
from models.engine.decoding import Decoding
from models.engine.layouts import Sessions

SIZES = {"vocab_size": 61, "n_positions": 20, "n_embd": 24, "n_layer": 3, "n_head": 4}


def random_model():
    with torch.random.fork_rng():
        torch.manual_seed(5)
        config = transformers.GPT2Config(**SIZES, bos_token_id=None, eos_token_id=None)
        model = transformers.GPT2LMHeadModel(config).eval()
        with torch.no_grad():
            for parameter in model.parameters():
                parameter.add_(0.2 * torch.randn_like(parameter))
    return model


@pytest.fixture(scope="module")
def theirs():
    return random_model()


@pytest.fixture
def folder(theirs, tmp_path):
    theirs.save_pretrained(tmp_path)
    return tmp_path


IDS = torch.tensor([[3, 1, 4, 1, 5, 9, 2, 6], [60, 0, 59, 8, 7, 30, 31, 32]])


def change(folder, **values):
    path = folder / "config.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | values))


def change_tensors(folder, change):
    tensors = load_file(folder / "model.safetensors")
    change(tensors)
    save_file({k: v.contiguous() for k, v in tensors.items()}, folder / "model.safetensors")


def test_logits_are_those_of_transformers(folder, theirs):
    ours = gpt2.load(folder)
    assert not ours.training
    with torch.inference_mode():
        torch.testing.assert_close(ours(IDS)[0], theirs(IDS).logits, rtol=1e-4, atol=1e-4)


def test_the_engine_writes_on_greedily_as_transformers_does(folder, theirs):
    session = Sessions(gpt2.load(folder), SIZES["n_positions"]).start(IDS.numpy())
    assert isinstance(session, Decoding)
    found = []
    for _ in range(12):  # 8 and 12 make the 20 positions that transformers can go to
        found.append(session.logits.argmax(axis=1))
        session.push(found[-1])
    mask = torch.ones_like(IDS)
    expected = theirs.generate(
        IDS, attention_mask=mask, max_new_tokens=12, do_sample=False, pad_token_id=0
    )
    assert np.stack(found, axis=1).tolist() == expected[:, 8:].tolist()


def test_names_without_the_prefix_and_masks_among_the_tensors_are_read(folder, theirs):
    def old(tensors):
        for name in list(tensors):
            tensors[name.removeprefix("transformer.")] = tensors.pop(name)
        for i in range(3):
            tensors[f"h.{i}.attn.bias"] = torch.ones(1, 1, 20, 20, dtype=torch.uint8).tril()
            tensors[f"h.{i}.attn.masked_bias"] = torch.tensor(-1e4)

    change_tensors(folder, old)
    with torch.inference_mode():
        torch.testing.assert_close(
            gpt2.load(folder)(IDS)[0], theirs(IDS).logits, rtol=1e-4, atol=1e-4
        )


def test_half_precision_is_widened(folder):
    exact = gpt2.load(folder).state_dict()

    def halve(tensors):
        tensors.update({name: tensor.half() for name, tensor in tensors.items()})

    change_tensors(folder, halve)
    for name, tensor in gpt2.load(folder).state_dict().items():
        assert tensor.dtype == torch.float32
        torch.testing.assert_close(tensor, exact[name], rtol=1e-3, atol=1e-4)


def test_a_stored_head_has_to_be_the_table(folder):
    change_tensors(
        folder, lambda t: t.update({"lm_head.weight": t["transformer.wte.weight"].clone()})
    )
    gpt2.load(folder)
    change_tensors(folder, lambda t: t.update({"lm_head.weight": t["lm_head.weight"] + 1}))
    with pytest.raises(ValueError, match=r"lm_head\.weight is not the embedding table"):
        gpt2.load(folder)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"model_type": "llama"}, "its model_type is 'llama', and ours 'gpt2'"),
        ({"activation_function": "relu"}, "activation_function is 'relu'"),
        ({"layer_norm_epsilon": 1e-6}, "layer_norm_epsilon is 1e-06"),
        ({"scale_attn_by_inverse_layer_idx": True}, "scale_attn_by_inverse_layer_idx is True"),
        ({"n_inner": 50}, "n_inner is 50"),
        ({"n_head": 5}, "n_embd=24 is not a multiple of n_head=5"),
        ({"n_layer": 10**6}, "n_layer=1000000 is no size"),
        ({"n_embd": "24"}, "n_embd='24' is no size"),
        ({"n_layer": 4}, "is missing"),
        ({"n_layer": 2}, "belongs to no model of these sizes"),
        ({"vocab_size": 60}, r"shape \(61, 24\), and by the sizes \(60, 24\)"),
    ],
    ids=str,
)
def test_a_config_that_does_not_fit_is_reported(folder, values, message):
    change(folder, **values)
    with pytest.raises(ValueError, match=f"cannot be read as GPT-2: .*{message}"):
        gpt2.load(folder)


def test_a_tensor_that_is_no_good_is_reported(folder):
    name = "transformer.h.1.mlp.c_fc.bias"
    change_tensors(folder, lambda t: t[name].__setitem__(0, torch.nan))
    with pytest.raises(ValueError, match=r"'h\.1\.mlp\.c_fc\.bias' holds NaN"):
        gpt2.load(folder)
    change_tensors(folder, lambda t: t.update({name: t[name].nan_to_num().int()}))
    with pytest.raises(ValueError, match="no kind of float"):
        gpt2.load(folder)


def test_files_that_are_not_there_or_not_whole_are_reported(folder):
    tensors = folder / "model.safetensors"
    tensors.write_bytes(tensors.read_bytes()[:-10])
    with pytest.raises(ValueError, match="damaged or cut off"):
        gpt2.load(folder)
    tensors.unlink()
    with pytest.raises(ValueError, match=r"model\.safetensors is missing"):
        gpt2.load(folder)
    (folder / "config.json").write_text("{")
    with pytest.raises(ValueError, match=r"config\.json is not JSON"):
        gpt2.load(folder)
    (folder / "config.json").unlink()
    with pytest.raises(ValueError, match=r"config\.json: No such file"):
        gpt2.load(folder)


def test_a_folder_of_ours_is_no_gpt2(folder):
    (folder / "config.json").write_text('{"format": 1, "kind": "gpt"}')
    with pytest.raises(ValueError, match="states no model_type"):
        gpt2.load(folder)
