"""Student code behind the door: values, objects, gradients; limits and what breaking them says."""

import textwrap
import time
from types import SimpleNamespace

import pytest
import torch

from sandbox import (
    Died,
    Limits,
    LoadError,
    LocalSession,
    ProtocolError,
    StudentError,
    Timeout,
    at_once,
    open_session,
)

QUICK = Limits(call_seconds=1.0, total_seconds=20.0)


@pytest.fixture
def load():
    """Opens a session around some code; all are closed at the end."""
    opened = []

    def start(code: str, limits: Limits = QUICK):
        manager = open_session(textwrap.dedent(code), "lab.py", limits)
        opened.append(manager)
        return manager.__enter__()

    yield start
    for manager in opened:
        manager.__exit__(None, None, None)


def test_values_and_errors(load):
    student = load("""
        def double(x): return x * 2
        def wrong(x): return x[5]
        """).student
    assert torch.equal(student.double(torch.ones(2, 3)), torch.full((2, 3), 2.0))
    with pytest.raises(StudentError) as caught:
        student.wrong([1])
    assert caught.value.type == "IndexError"
    assert [(f.line, f.function) for f in caught.value.frames] == [(3, "wrong")]


def test_a_method_is_named_with_its_class(load):
    student = load("""
        class Cell:
            def step(self):
                def inner(): return 1 / 0
                return inner()
        def run(): return Cell().step()
        """).student
    with pytest.raises(
        StudentError, match=r"lab\.py, line 5, in Cell\.step: return inner\(\)"
    ) as caught:
        student.run()
    assert [f.function for f in caught.value.frames] == ["run", "Cell.step", "Cell.step.inner"]


def test_missing_function_is_named(load):
    with pytest.raises(StudentError, match=r"lab\.py defines no `softmax`"):
        load("x = 1").student.softmax(1)


def test_objects_are_held_by_handle(load):
    student = load("""
        import torch
        class Layer(torch.nn.Module):
            def __init__(self, n):
                super().__init__()
                self.weight = torch.nn.Parameter(torch.zeros(n))
                self.note = "new"
            def forward(self, x): return x * self.weight
        def build(kind, n): return kind(n)
        """).student
    layer = student.Layer(3)
    layer.load_state_dict({"weight": torch.tensor([1.0, 2.0, 3.0])})
    layer.note = "loaded"
    assert layer.get("note") == "loaded"
    assert layer(torch.ones(3)).tolist() == [1.0, 2.0, 3.0]
    assert list(student.build(student.Layer, 5).state_dict()["weight"].shape) == [5]
    with pytest.raises(TypeError, match="no truth value"):
        bool(layer)


def test_gradients_cross_the_wire(load):
    student = load("""
        import torch
        def cube(x): return x ** 3
        """).student
    x = torch.tensor([1.0, 2.0], dtype=torch.float64, requires_grad=True)
    reply = student.cube.vjp(x, cotangent=torch.tensor([1.0, 10.0], dtype=torch.float64))
    assert reply["grads"][0].tolist() == [3.0, 120.0]
    assert torch.autograd.gradcheck(student.cube.differentiable, (x,))


def test_gradients_reach_the_tensors_in_a_tuple(load):
    student = load("def step(x, state): return x * state[0] + state[1]").student
    x, h, c = (torch.tensor([value], requires_grad=True) for value in (2.0, 3.0, 5.0))
    grads = student.step.vjp(x, (h, c.detach()))["grads"]
    assert [grad.tolist() for grad in grads] == [[3.0], [2.0]]


def test_local_code_answers_as_remote_code_does():
    x = torch.tensor([1.0, 2.0], dtype=torch.float64, requires_grad=True)
    student = LocalSession("def cube(x): return x ** 3", "lab.py").student
    assert torch.autograd.gradcheck(student.cube.differentiable, (x,))
    assert student.cube.vjp(x)["grads"][0].tolist() == [3.0, 12.0]
    with pytest.raises(StudentError, match="defines no `square`"):
        student.square(x)


def test_functions_of_the_check_are_called_back(load):
    student = load("def twice(f, x): return f(f(x))").student
    assert student.twice(lambda x: x + 3, 1) == 7
    with pytest.raises(StudentError, match="ZeroDivisionError"):
        student.twice(lambda x: 1 / 0, 1)


def test_iterators_are_taken_from(load):
    student = load("def count(n): yield from range(n)").student
    assert student.count(3).take(2) == {"items": [0, 1], "done": False}


def test_endless_loop_meets_the_call_limit(load):
    student = load("""
        def loop():
            while True: pass
        def fine(): return 1
        """).student
    started = time.monotonic()
    with pytest.raises(Timeout, match="more than 1 s"):
        student.loop()
    assert time.monotonic() - started < 5
    assert student.fine() == 1  # in a fresh process


def test_submission_limit_is_told_apart(load):
    student = load(
        """
        import time
        def slow(): time.sleep(0.5)
        """,
        Limits(call_seconds=5, total_seconds=1.2),
    ).student
    student.slow()
    student.slow()
    with pytest.raises(Timeout, match="whole submission"):
        student.slow()


@pytest.mark.parametrize(
    ("code", "error", "text"),
    [
        ("import os; os._exit(0)", Died, "exit code 0"),
        ("import sys; sys.exit(0)", StudentError, "SystemExit"),
        ("import os, signal; os.kill(os.getpid(), signal.SIGSEGV)", Died, "segmentation"),
        ("import torch; torch.zeros(10 << 30, dtype=torch.uint8)", StudentError, "memory"),
        ("bytearray(10 << 30)", StudentError, "MemoryError"),
        ("def deep(): return deep()\n    deep()", StudentError, "RecursionError"),
        ("import os; os.remove(__file__)", StudentError, "Error"),
    ],
)
def test_endings_are_told(load, code, error, text):
    session = load(f"def act():\n    {code}\ndef fine(): return 'on'")
    with pytest.raises(error, match=text):
        session.student.act()
    assert session.student.fine() == "on"


def test_output_is_kept_and_cut(load):
    session = load("""
        def shout():
            for _ in range(100): print("x" * (1 << 20))
        def speak(): print("hello")
        """)
    session.student.speak()
    session.student.shout()
    session.close()
    assert session.output.startswith("hello\nxxx")
    assert len(session.output) < 70_000
    assert "were dropped" in session.output


@pytest.mark.parametrize(
    ("code", "kind"),
    [("def f(:\n  pass", "SyntaxError"), ("import nothing_here", "ModuleNotFoundError")],
)
def test_a_file_that_does_not_load(load, code, kind):
    student = load(code).student
    for _ in range(2):
        with pytest.raises(LoadError) as caught:
            student.f()
        assert caught.value.type == kind
        assert caught.value.frames[0].line == 1


def test_what_cannot_be_carried_is_an_error_with_a_name(load):
    student = load("""
        import torch
        class Odd(torch.Tensor): pass
        def sparse(): return torch.eye(2).to_sparse()
        def deep():
            x = []
            for _ in range(100): x = [x]
            return x
        """).student
    with pytest.raises(StudentError, match="cannot carry"):
        student.sparse()
    with pytest.raises(StudentError, match="nested"):
        student.deep()


def test_objects_of_a_dead_process_are_lost(load):
    student = load("""
        import os
        class Box: pass
        def die(): os._exit(1)
        def look(x): return 1
        """).student
    box = student.Box()
    with pytest.raises(Died):
        student.die()
    student.look(2)
    with pytest.raises(Died, match="lost"):
        box.get("x")


def test_a_lost_object_is_no_argument(load):
    student = load("""
        import os
        def make(): return print
        def same(x): return x
        def end(): os._exit(0)
        """).student
    made = student.make()
    student.same(made)
    with pytest.raises(Died):
        student.end()
    with pytest.raises(Died, match="was lost"):
        student.same(made)


def test_no_secret_in_the_environment(load, monkeypatch):
    monkeypatch.setenv("HF_TOKEN", "hf_secret")
    student = load("import os\ndef names(): return sorted(os.environ)").student
    names = student.names()
    assert "HF_TOKEN" not in names
    assert "HOME" not in names


def test_functions_of_the_check_outlive_the_call_that_brought_them(load):
    session = load("""
        class Keeper:
            def __init__(self, f): self.f = f
            def use(self, x): return self.f(x)
        """)
    keeper = session.student.Keeper(lambda x: x + 1)
    assert keeper.use(1) == 2
    session.forget()
    with pytest.raises(StudentError, match="no such function"):
        keeper.use(1)


def test_an_object_of_the_check_may_have_functions(load):
    student = load("def ask(api): return api.name, api.create(n=2), api").student
    name, made, api = student.ask(SimpleNamespace(name="hub", create=lambda n: n * "x"))
    assert (name, made, api.name) == ("hub", "xx", "hub")


def test_a_team_shares_nothing(load):
    session = load("""
        seen = []
        def add(x):
            seen.append(x)
            return seen
        """)
    first, second = (member.student for member in session.team(2))
    told = []
    session.trace = lambda request, outcome: told.append(outcome)
    assert at_once(lambda: [first.add(1), first.add(2)], lambda: second.add(3)) == [
        [[1], [1, 2]],
        [3],
    ]
    assert told == [[1], [1, 2], [3]]  # in the order of the calls, not of time
    assert [member.student.add(0) for member in session.team(2)] == [[1, 2, 0], [3, 0]]
    with pytest.raises(StudentError, match="TypeError"):
        at_once(lambda: first.add(1), lambda: second.add())


FLOOD = """
    import os
    from sandbox import wire
    def flood(function, count):
        frame = wire.Encoder().encode({"callback": -1, "args": [], "kwargs": {}})
        for _ in range(count):
            os.write(3, frame)
    """


def test_calls_sent_ahead_do_not_outlast_the_limit(load):
    student = load(FLOOD).student
    called = []

    def slow():
        called.append(None)
        time.sleep(0.2)

    with pytest.raises(Timeout, match="1 s"):
        student.flood(slow, 50)
    assert len(called) <= 6


def test_an_answer_that_cannot_be_carried_is_an_error_there(load):
    student = load("""
        def ask(function, size):
            try:
                return function("x" * size)
            except RuntimeError as error:
                return str(error)
        """).student
    assert "too large to carry" in student.ask(lambda text: text + text, 3 << 20)
    assert student.ask(lambda text: text + text, 2) == "xxxx"


def test_a_request_that_cannot_be_carried_does_not_count(load):
    student = load("def same(x): return x").student
    with pytest.raises(ValueError, match="cannot carry"):
        student.same("\ud800")
    assert student.same(1) == 1


@pytest.mark.parametrize("answer", ["torch.zeros(1 << 18)", "[[] for _ in range(1 << 15)]"])
def test_answers_to_one_check_have_room_together(load, monkeypatch, answer):
    monkeypatch.setattr("sandbox.process.MAX_KEPT", 8 << 20)
    code = f"""
        import torch
        def large(): return {answer}
        def tell(function):
            while True:
                function(large())
        """
    session = load(code, Limits(call_seconds=10.0))
    student, kept = session.student, []
    for _ in range(10):  # a check that ends lets go of its answers
        session.forget()
        assert len(student.large())
    with pytest.raises(ProtocolError, match="too large together"):
        student.tell(kept.append)
    assert 5 <= len(kept) <= 8


@pytest.mark.parametrize("number", ["torch.ones(3)", "1.0", "True", "[1]", "None"])
def test_a_turn_is_a_number(load, number):
    session = load(f"""
        import os, torch
        from sandbox import wire
        def forge():
            os.write(3, wire.Encoder().encode({{"sequence": {number}, "result": 1}}))
        """)
    with pytest.raises(ProtocolError, match="out of turn"):
        session.student.forge()
