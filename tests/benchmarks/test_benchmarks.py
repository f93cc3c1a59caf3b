"""What benchmarks keep and decide: rows that add up, time that is left, floors, shares."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path

import budget
import engine_bench
import inference
import machine
import networks
import pytest
import records
import torch
from inference_page import Row, line, page, summary
from torch import Tensor, nn

from archdsl.analyses.roofline import Rates


@dataclass(frozen=True)
class Measured:
    network: str
    batch: int
    peer: str
    ratio: float


def row(network: str = "resnet50", peer: str = "eager", ratio: float = 2.0, **more: object) -> Row:
    given = (network, 1, "fp32", peer, ratio, ratio, ratio, 20.0, 10.0, 0.5, 0.1)
    return Row(*given, **more)  # type: ignore[arg-type]


# ------------------------------------------------------------------ rows


def test_rows_of_now_take_the_place_of_those_about_the_same() -> None:
    before = [Measured("a", 1, "x", 1.0), Measured("a", 1, "y", 2.0), Measured("a", 16, "x", 3.0)]
    now = [Measured("a", 1, "y", 5.0), Measured("b", 1, "x", 4.0)]
    assert records.merged(before, now) == [before[0], now[0], before[2], now[1]]


def test_commands_add_up_in_one_file(tmp_path: Path) -> None:
    path = tmp_path / "new" / "rows.json"
    first, second, again = row(), row(peer="compile"), row(ratio=3.0, mib=None, floor_ms=1.0)
    records.save(path, [first], Row)
    assert records.save(path, [second, again], Row) == [again, second]
    assert records.load(path, Row) == [again, second]


def test_committed_pages_are_those_of_the_rows_beside_them() -> None:
    rows = records.load(records.RESULTS / "inference_cpu.json", Row)
    assert page(rows, "cpu") == (records.RESULTS / "inference_cpu.md").read_text()


def test_what_was_lost_is_named() -> None:
    rows = [row(ratio=2.0), row("vgg16", ratio=0.5), row(peer="compile", ratio=1.0)]
    assert summary(rows) == [
        "eager: 1.000 in the geometric mean, start-up 5.0, "
        "faster than ours in 1 of 2: vgg16 1 fp32 0.500",
        "compile: 1.000 in the geometric mean, start-up 5.0, never faster than ours",
    ]
    assert "**0.500**" in line(rows[1])


def test_a_floor_is_a_share_of_both_times() -> None:
    assert "| 20.00 | 10.00 | 25% | 50% |" in line(row(floor_ms=5.0))


# ------------------------------------------------------------------ time that is left


def test_what_a_compile_took_tells_what_the_next_may_take() -> None:
    known = budget.Budget(minutes=None)
    assert known.expects("eager", 100) == 0
    assert known.expects("max-autotune+freezing+graph", 100) == 40
    known.rates["compile+graph"] = 0.5
    assert known.expects("compile+graph", 200) == 125


def test_a_peer_that_does_not_fit_is_not_begun() -> None:
    minute = budget.Budget(minutes=1)
    minute.rates["compile"] = 1.0
    never = pytest.fail
    said = minute.attempt("compile", 40, 20.0, lambda: never("it was begun"))
    assert "it may take 70" in str(said)
    assert minute.attempt("compile", 20, 20.0, lambda: "ready") == "ready"


def test_what_takes_too_long_is_ended_even_by_one_who_catches_exceptions() -> None:
    little = budget.Budget(minutes=0.1 / 60)

    def stubborn() -> None:
        while True:
            try:
                time.sleep(5)
            except Exception:
                pytest.fail("caught")

    assert little.attempt("eager", 1, 0.0, stubborn) == "it took too long"


def test_a_peer_that_fails_is_a_line_and_not_the_end() -> None:
    def broken() -> None:
        raise RuntimeError("no kernel\nand a long trace")

    assert budget.Budget(None).attempt("eager", 1, 0.0, broken) == "RuntimeError: no kernel"


# ------------------------------------------------------------------ times and floors


def test_a_ratio_is_the_median_over_rounds() -> None:
    """Of 2, 3, 4, 10 and 1 the quarter that is least and the one that is most are left out."""
    ours = [1.0, 2.0, 1.0, 1.0, 2.0]
    assert machine.ratio([2.0, 6.0, 4.0, 10.0, 2.0], ours) == (3.0, 2.0, 4.0)


def test_steps_take_turns_and_the_order_is_reversed() -> None:
    met: list[str] = []
    steps = {name: lambda name=name: met.append(name) for name in "ab"}
    machine.in_turn(steps, rounds=4, seconds=0.0, device="cpu")
    assert "".join(met) == "ab" + "ab" + "ba" + "ab" + "ba"  # the first to be warmed up


def test_inputs_rotate() -> None:
    met: list[int] = []
    step = machine.rotating(met.append, [1, 2, 3])
    for _ in range(4):
        step()
    assert met == [1, 2, 3, 1]


def test_the_floor_of_a_network_is_arithmetic_where_memory_is_free() -> None:
    """LeNet-5 by hand: outputs times window, layer by layer."""
    macs = 28**2 * 6 * 25 + 10**2 * 16 * 6 * 25 + 120 * 16 * 25 + 120 * 84 + 84 * 10
    of = networks.Subject("lenet5", networks.graph_of("lenet5"), nn.Identity(), None)
    floor = of.floor(Rates(flops=1e9, bandwidth=1e30, width=4), batch=3)
    assert floor == pytest.approx(3 * 2 * macs / 1e9, rel=1e-12)


# ------------------------------------------------------------------ from end to end


def command(monkeypatch: pytest.MonkeyPatch, *words: str) -> int:
    small = ["lenet5", "--batch", "2", "--rounds", "2", "--seconds", "0.01"]
    monkeypatch.setattr("sys.argv", ["inference.py", *small, *words])
    monkeypatch.setenv("TORCHINDUCTOR_CACHE_DIR", "")  # restored afterwards
    monkeypatch.delenv("TORCHINDUCTOR_CACHE_DIR")
    threads = torch.get_num_threads()
    try:
        return inference.main()
    finally:
        torch.set_num_threads(threads)


def test_engines_and_their_peers_are_compared_timed_and_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "rows.json"
    words = ["--dtype", "fp32", "bf16", "--peers", "autocast", "eager+graph", "--json", str(file)]
    assert command(monkeypatch, *words) == 0
    rows = records.load(file, Row)
    assert [(row.dtype, row.peer) for row in rows] == [
        ("fp32", "eager+graph"),
        ("bf16", "autocast"),
        ("bf16", "eager+graph"),
    ]
    assert all(0 < (row.floor_ms or 0) < row.ms for row in rows)
    assert "lenet5 2 fp32 autocast: left out, half precision only" in capsys.readouterr().out


def test_an_engine_that_computes_something_else_fails_the_command(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    class Doubled(engine_bench.Bench):
        def ours(self, model: nn.Module, images: Tensor) -> engine_bench.Step:
            step = super().ours(model, images)
            return lambda given: 2 * step(given)

    monkeypatch.setattr(inference, "Bench", Doubled)
    assert command(monkeypatch, "--dtype", "fp32", "--peers", "eager") == 1
    assert "Wrong: off by 1.0e+00" in capsys.readouterr().err


def test_each_convolution_is_one_line_of_the_probe(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert command(monkeypatch, "--dtype", "fp32", "--layers") == 0
    lines = capsys.readouterr().out.splitlines()
    found = [line.split(" |")[0] for line in lines if " to " in line]
    assert found == ["| 1 32 32 to 6 5 5 1 1", "| 6 14 14 to 16 5 5 1 1", "| 16 5 5 to 120 5 5 1 1"]
