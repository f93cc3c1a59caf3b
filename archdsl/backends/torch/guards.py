"""The parts of a class in the order in which `forward` runs them; what may be skipped together."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace

from archdsl.backends.torch.classes import Class, Classes
from archdsl.backends.torch.demand import CALLER, demands
from archdsl.backends.torch.steps import Demand, Guard, Step, Steps


def tell_what_is_wanted(classes: Classes, aside: Collection[int]) -> None:
    """Finds the joins that leave out branches, and the blocks whose callers do not want all.

    `aside` are the values that the network returns in training besides.
    """
    for made in reversed(classes.found):  # callers first
        if made.sequential or made.dense:
            continue
        made.picking = _picking(made)
        if made.picking or made.pattern.live:
            is_network = made.pattern.scope.parent is None
            steps = steps_of(made, aside if is_network else ())
            for part in made.pattern.parts:
                wanted = {steps.demands.get(number) for number in part.outputs}
                if len(wanted) > 1 and part.child is not None:
                    for module in classes.of[part.child].instances:
                        module.live = True


def _picking(made: Class) -> frozenset[int]:
    """The positions of joins that leave out operands in at least one instance."""
    return frozenset(
        position
        for module in made.instances
        for position, part in enumerate(module.parts)
        if part.node is not None and part.node.op.picks and len(part.inputs) > 1
    )


def steps_of(made: Class, aside: Collection[int]) -> Steps:
    """The steps of a class; `aside` are the values that it returns in training besides."""
    aliases: dict[int, int] = {}
    steps: dict[int, Step] = {}
    for position, part in enumerate(made.pattern.parts):
        reads = tuple(aliases.get(number, number) for number in part.inputs)
        named = position in made.members or part.outputs[0] in aside
        if part.passes and not named:
            aliases[part.outputs[0]] = reads[0]
        else:
            steps[position] = Step(position, part, reads, position in made.picking)
    for position, places in made.pattern.again.items():
        before = steps[position].before = tuple(steps.pop(place) for place in places)
        steps[position].reads = (*before, steps[position])[0].reads
    found = list(steps.values())
    returned = tuple(aliases.get(number, number) for number in made.pattern.outputs)
    wanted = demands(found, returned, aside, made.pattern.live)
    ordered = Steps(_gathered(found, {*returned, *aside}), returned, wanted)
    return _guarded(ordered) if made.picking or made.pattern.live else ordered


# ------------------------------------------------------------------ what only a drop path needs


def _gathered(steps: list[Step], results: Collection[int]) -> list[Step | Guard]:
    """What only a drop path needs, directly before the sum that it belongs to."""
    readers: dict[int, set[Step | Guard]] = defaultdict(set)
    for step in steps:
        for number in step.reads:
            readers[number].add(step)
    found: list[Step | Guard] = []
    made: set[int] = set()
    for step in steps:
        if step.part.skipped is not None:
            path = _maker(found, step.reads[step.part.skipped])
            path.taken = True
            start, inside = _needed_only_by(path, found, readers, results, made)
            outside = [each for each in found[start:] if each not in inside]
            within = [each for each in found[start:] if each in inside]
            found[start:] = [*outside, Guard(step, path), *within]
        found.append(step)
        made.update(step.part.outputs)
    return found


def _maker(steps: list[Step | Guard], number: int) -> Step:
    return next(s for s in reversed(steps) if isinstance(s, Step) and number in s.part.outputs)


def _needed_only_by(
    path: Step,
    before: list[Step | Guard],
    readers: Mapping[int, set[Step | Guard]],
    results: Collection[int],
    made: Collection[int],
) -> tuple[int, set[Step | Guard]]:
    """A step and all those before it whose values nothing else reads, and where they begin."""
    inside: set[Step | Guard] = {path}
    wanted = set(path.part.outputs)
    position = len(before)
    while wanted or _opens(before, position, inside):
        position -= 1
        step = before[position]
        if isinstance(step, Guard):
            if step.last in inside:
                inside.add(step)
            continue
        wanted.difference_update(step.part.outputs)
        read_inside = all(n not in results and readers[n] <= inside for n in step.part.outputs)
        if read_inside or step is path:
            inside.add(step)
            wanted.update(number for number in step.reads if number in made)
    return position, inside


def _opens(before: list[Step | Guard], position: int, inside: set[Step | Guard]) -> bool:
    """Whether the guard of a sum inside stands right before a position."""
    step = before[position - 1] if position else None
    return isinstance(step, Guard) and step.last in inside


# ------------------------------------------------------------------ what only some branches need


@dataclass
class _Level:
    """Where the code stands between drop paths, what is needed there, and the open run."""

    ends: Step | None = None
    demand: Demand = None
    run: Guard | None = None


def _guarded(steps: Steps) -> Steps:
    """With a guard before each run of steps that serve the same wishes."""
    found: list[Step | Guard] = []
    runs: dict[int, Guard] = {}  # by the values made under them
    levels = [_Level()]
    for step in steps.ordered:
        if step is levels[-1].ends:
            levels.pop()
        level = levels[-1]
        last = step.last if isinstance(step, Guard) else step
        if last.demand is None or last.demand == level.demand:
            level.run = None
        elif level.run is None or level.run.demand != last.demand:
            level.run = Guard(last, demand=last.demand)
            found.append(level.run)
        found.append(step)
        if isinstance(step, Guard):
            levels.append(_Level(last, last.demand))
        if level.run is not None:
            level.run.last = last
            for number in step.part.outputs if isinstance(step, Step) else ():
                runs[number] = level.run
                level.run.drawn.update(join for join, _ in steps.demands[number] or ())
    _unset(found, runs, steps)
    return replace(steps, ordered=found)


def _unset(found: list[Step | Guard], runs: Mapping[int, Guard], steps: Steps) -> None:
    """What joins and the caller get as None unless it is made: None from before the first is."""
    readers = [(s.position, s.reads) for s in found if isinstance(s, Step) and s.picks]
    order = {guard: place for place, guard in enumerate(found)}
    for join, reads in (*readers, (CALLER, steps.returned)):
        wishes = ((number, frozenset([(join, place)])) for place, number in enumerate(reads))
        made = [n for n, wish in wishes if n in runs and steps.demands[n] == wish]
        if made:
            min((runs[number] for number in made), key=order.__getitem__).unset += made
        for number in made:
            runs[number].made.append(number)
